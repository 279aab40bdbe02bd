/** What a comparison must find and mend in the maps of any datapath, broken by operations that nobody wanted. */

import { afterAll, beforeAll, beforeEach, describe, expect, it, type TestOptions } from 'vitest';
import type { Datapath } from '../../src/datapath/port.ts';
import { MAPPED, parseAddress, parsePrefix } from '../../src/model/ip.ts';
import { PORT_SET_ALL, PORT_SET_NONE, type EndpointConfig, type Operation, type PutOperation } from '../../src/model/plan.ts';
import { DesiredList } from './support/desired-list.ts';

const [RULESET, IDENTITY, PORT_SET, CONFIG, IFINDEX, FAR] = [5, 7, 9, 3, 12, 200_000];
const PEER = parseAddress('10.2.0.7');
const NODE = parseAddress('fd00:2::7');
const VIRTUAL = parseAddress('10.96.0.10');
const WIDE = parsePrefix('10.0.0.0/8');
const WIDE6 = parsePrefix('fd00::/16');
const ROWS = [
  { protocol: 6, port: 80, length: 16, verdict: 'allow' },
  { protocol: 17, port: 1024, length: 6, verdict: 'would-deny' },
] as const;
const REF = { portSet: PORT_SET, lengths: (1 << 16) | (1 << 6) };
const ISOLATED = { ruleset: RULESET, stranger: { portSet: PORT_SET_NONE, lengths: 0 }, defaultVerdict: 'deny' } as const;
const OPEN = { ruleset: 0, stranger: { portSet: PORT_SET_ALL, lengths: 0 }, defaultVerdict: 'allow' } as const;
const ENDPOINT: EndpointConfig = {
  endpoint: IFINDEX,
  ingress: ISOLATED,
  egress: OPEN,
  ipv4: parseAddress('10.1.0.2'),
  ipv6: undefined,
  sourceCheck: true,
  held: false,
  takeOverUntil: 0n,
  counters: 1,
};

const PUT_PAIR = { op: 'put-pair', ruleset: RULESET, identity: IDENTITY, ref: REF } as const;
const PUT_PEER = { op: 'put-address', address: PEER, identity: IDENTITY, ownNode: false } as const;
const WANTED: readonly PutOperation[] = [
  { op: 'put-port-set', portSet: { id: PORT_SET, rows: ROWS } },
  PUT_PAIR,
  PUT_PEER,
  { op: 'put-address', address: NODE, identity: 0, ownNode: true },
  { op: 'put-prefix', prefix: MAPPED, identity: 0 },
  { op: 'put-prefix', prefix: WIDE, identity: IDENTITY },
  { op: 'put-prefix', prefix: WIDE6, identity: IDENTITY },
  { op: 'put-prefix', prefix: parsePrefix('2001:db8::/32'), identity: IDENTITY },
  { op: 'put-frontend', frontend: { address: VIRTUAL, protocol: 6, port: 443 }, endpoints: 0 },
  { op: 'put-frontend', frontend: { address: undefined, protocol: 17, port: 30_053 }, endpoints: 0 },
  { op: 'put-local-pod', address: parseAddress('10.1.0.2'), ifindex: IFINDEX },
  { op: 'put-config', id: CONFIG, config: ENDPOINT },
  { op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG, generation: 4 } },
  { op: 'set-endpoint', ifindex: FAR, word: { config: CONFIG, generation: 4 } },
];

interface Breakage {
  readonly name: string;
  readonly broken: readonly Operation[];
  /** what, kind, where, found */
  readonly drifts: readonly (readonly [what: string, kind: string, where: string, found: string | null])[];
}

const BREAKAGES: readonly Breakage[] = [
  {
    name: 'a row of a port set that is missing, one that is foreign, one with another verdict',
    broken: [
      { op: 'delete-port-set', portSet: { id: PORT_SET, rows: [ROWS[0]] } },
      { op: 'put-port-set', portSet: { id: PORT_SET, rows: [{ protocol: 132, port: 0, length: 0, verdict: 'allow' }] } },
      { op: 'put-port-set', portSet: { id: PORT_SET, rows: [{ ...ROWS[1], verdict: 'allow' }] } },
    ],
    drifts: [
      ['ports', 'missing', 'port set 9, TCP 80', null],
      ['ports', 'foreign', 'port set 9, SCTP 0/0', 'allow'],
      ['ports', 'changed', 'port set 9, UDP 1024/6', 'allow'],
    ],
  },
  {
    name: 'a pair that is missing',
    broken: [{ op: 'delete-pair', ruleset: RULESET, identity: IDENTITY }],
    drifts: [['pairs', 'missing', 'ruleset 5, identity 7', null]],
  },
  {
    name: 'a pair that names another port set, and one that is foreign',
    broken: [
      { ...PUT_PAIR, ref: { portSet: PORT_SET_ALL, lengths: 0 } },
      { ...PUT_PAIR, identity: 99, ref: { portSet: PORT_SET_ALL, lengths: 0 } },
    ],
    drifts: [
      ['pairs', 'changed', 'ruleset 5, identity 7', 'all ports'],
      ['pairs', 'foreign', 'ruleset 5, identity 99', 'all ports'],
    ],
  },
  {
    name: 'addresses: gone, of another identity, suddenly the own node, and never told',
    broken: [
      { op: 'delete-address', address: NODE },
      { ...PUT_PEER, identity: 98, ownNode: true },
      { op: 'put-address', address: parseAddress('192.0.2.77'), identity: IDENTITY, ownNode: false },
    ],
    drifts: [
      ['ipcache', 'missing', 'fd00:2::7', null],
      ['ipcache', 'changed', '10.2.0.7', 'identity 98, own node'],
      ['ipcache', 'foreign', '192.0.2.77', 'identity 7'],
    ],
  },
  {
    name: 'prefixes: gone, of another identity, and never told',
    broken: [
      { op: 'delete-prefix', prefix: WIDE6 },
      { op: 'put-prefix', prefix: MAPPED, identity: IDENTITY },
      { op: 'put-prefix', prefix: parsePrefix('10.2.0.0/16'), identity: 97 },
    ],
    drifts: [
      ['prefixes', 'missing', 'fd00::/16', null],
      ['prefixes', 'changed', '0.0.0.0/0', 'identity 7'],
      ['prefixes', 'foreign', '10.2.0.0/16', 'identity 97'],
    ],
  },
  {
    name: 'frontends and local pods',
    broken: [
      { op: 'delete-frontend', frontend: { address: VIRTUAL, protocol: 6, port: 443 } },
      { op: 'put-frontend', frontend: { address: undefined, protocol: 17, port: 30_053 }, endpoints: 3 },
      { op: 'put-frontend', frontend: { address: VIRTUAL, protocol: 6, port: 444 }, endpoints: 0 },
      { op: 'put-local-pod', address: parseAddress('10.1.0.2'), ifindex: 13 },
      { op: 'put-local-pod', address: parseAddress('10.1.0.3'), ifindex: IFINDEX },
    ],
    drifts: [
      ['frontends', 'missing', '10.96.0.10, TCP 443', null],
      ['frontends', 'changed', 'node port, UDP 30053', 'endpoints 3'],
      ['frontends', 'foreign', '10.96.0.10, TCP 444', 'a frontend'],
      ['local_pods', 'changed', '10.1.0.2', 'interface 13'],
      ['local_pods', 'foreign', '10.1.0.3', 'interface 12'],
    ],
  },
  {
    name: 'words: unset, open, of another generation, at an interface that is nobody’s',
    broken: [
      { op: 'set-endpoint', ifindex: IFINDEX, word: { config: 0, generation: 0 } },
      { op: 'set-endpoint', ifindex: FAR, word: { config: CONFIG, generation: 5 } },
      { op: 'set-endpoint', ifindex: 13, word: { config: 1, generation: 5 } },
      { op: 'set-endpoint', ifindex: 200_001, word: { config: CONFIG, generation: 4 } },
    ],
    drifts: [
      ['endpoints', 'missing', 'interface 12', null],
      ['endpoints', 'changed', 'interface 200000', 'configuration 3, generation 5'],
      ['endpoints', 'foreign', 'interface 13', 'open, generation 5'],
      ['endpoints', 'foreign', 'interface 200001', 'configuration 3, generation 4'],
    ],
  },
];

export function describeVerify(name: string, options: TestOptions, open: () => Promise<Datapath>): void {
  // oxlint-disable-next-line vitest/valid-title -- the datapath's name
  describe(name, options, () => {
    let datapath: Datapath;
    let desired: DesiredList;

    beforeAll(async () => {
      datapath = await open();
      datapath.apply(WANTED);
    });
    afterAll(() => datapath?.close());
    beforeEach(() => {
      desired = new DesiredList(WANTED, datapath.generation);
    });

    it('finds nothing where nothing differs, and says what it looked at', async () => {
      const { compared, drifts, durationMs, longestPieceMs } = await datapath.verify(desired, true);
      expect(drifts).toEqual([]);
      expect(Object.fromEntries(compared.map(({ what, count }) => [what, count]))).toMatchObject({
        ports: 2,
        pairs: 1,
        ipcache: 2,
        prefixes: 4,
        frontends: 2,
        local_pods: 1,
        configs: 1,
        endpoints: 2,
      });
      expect(compared.some(({ differed, repaired }) => differed + repaired > 0)).toBe(false);
      expect(longestPieceMs).toBeLessThanOrEqual(durationMs);
      expect([desired.judgedAgain, desired.replaced, desired.reopened]).toEqual([0, [], []]);
    });

    it.each(BREAKAGES)('finds and mends $name', async ({ broken, drifts }) => {
      datapath.apply(broken);
      const seen = await datapath.verify(desired, false);
      expect(new Set(seen.drifts.map(({ what, kind, where, found }) => [what, kind, where, found]))).toEqual(new Set(drifts));
      expect(seen.drifts.every(({ repaired }) => !repaired)).toBe(true);
      expect(desired.judgedAgain).toBe(0);
      const mended = await datapath.verify(desired, true);
      expect(new Set(mended.drifts.map(({ where, repaired }) => [where, repaired]))).toEqual(
        new Set(drifts.map(([, , where]) => [where, true])),
      );
      // Flows have been judged by what had drifted.
      expect(desired.judgedAgain).toBe(1);
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
    });

    it('never writes a configuration anew: it asks for another row in its place', async () => {
      datapath.apply([{ op: 'put-config', id: CONFIG, config: { ...ENDPOINT, sourceCheck: false } }]);
      desired.replaceConfigs = (ids) => {
        desired.replaced.push(...ids);
        const put = { op: 'put-config', id: CONFIG + 1, config: ENDPOINT } as const;
        datapath.apply([put]);
        desired.puts = [...WANTED.filter(({ op }) => op !== 'put-config'), put];
      };
      const { drifts } = await datapath.verify(desired, true);
      expect(drifts).toMatchObject([{ what: 'configs', kind: 'changed', where: 'configuration 3', repaired: true }]);
      expect(desired.replaced).toEqual([CONFIG]);
      expect(drifts[0]?.found).toMatch(/^flags /);
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
      datapath.apply(WANTED);
    });

    it('takes no configuration that no endpoint has for drift', async () => {
      datapath.apply([{ op: 'put-config', id: 77, config: ENDPOINT }]);
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
    });

    it('finds another generation counter, and puts it back', async () => {
      const { generation } = datapath;
      datapath.storeGeneration(generation + 5);
      expect((await datapath.verify(desired, true)).drifts).toMatchObject([
        { what: 'settings', where: 'generation', expected: String(generation), found: String(generation + 5), repaired: true },
      ]);
      expect(datapath.generation).toBe(generation);
    });

    it('takes nothing for drift that is written while it reads', async () => {
      const pairs = Array.from({ length: 50 }, (_, index) => ({ ...PUT_PAIR, ruleset: 50 + index }));
      const remove = (put: { readonly ruleset: number }): Operation => ({ op: 'delete-pair', ruleset: put.ruleset, identity: IDENTITY });
      const [gone, kept] = [pairs.slice(0, 25), pairs.slice(25)];
      const late = { ...PUT_PAIR, ruleset: 400 };
      datapath.apply(pairs);
      desired.puts = [...WANTED, ...pairs];
      // Some of what goes was read before, some would be read after.
      desired.onRead = (count) => {
        if (count !== 10) return;
        datapath.apply([...gone.map(remove), late]);
        desired.puts = [...WANTED, ...kept, late];
      };
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
      datapath.apply([...kept, late].map(remove));
    });

    it('concludes nothing while what was told is not in force', async () => {
      datapath.apply([{ op: 'delete-address', address: PEER }]);
      desired.settles = false;
      await expect(datapath.verify(desired, true)).rejects.toMatchObject({ code: 'E_NOT_SETTLED' });
      desired.settles = true;
      expect((await datapath.verify(desired, true)).drifts).toMatchObject([{ where: '10.2.0.7', repaired: true }]);
    });

    it('mends thousands of rows at once, and lists some', async () => {
      const first = parseAddress('10.64.0.0');
      const many = Array.from({ length: 20_000 }, (_, index): PutOperation => ({
        op: 'put-address',
        address: first + BigInt(index),
        identity: IDENTITY,
        ownNode: false,
      }));
      desired.puts = [...WANTED, ...many];
      const { compared, drifts } = await datapath.verify(desired, true);
      expect(compared.find(({ what }) => what === 'ipcache')).toEqual({
        what: 'ipcache',
        count: 20_002,
        differed: 20_000,
        repaired: 20_000,
      });
      expect(drifts).toHaveLength(20);
      expect((await datapath.verify(desired, true)).drifts).toEqual([]);
      // Read row by row now, and all of them foreign.
      const back = await datapath.verify(new DesiredList(WANTED, datapath.generation), true);
      expect(back.compared.find(({ what }) => what === 'ipcache')).toMatchObject({ count: 2, differed: 20_000, repaired: 20_000 });
      expect((await datapath.verify(new DesiredList(WANTED, datapath.generation), true)).drifts).toEqual([]);
    });
  });
}
