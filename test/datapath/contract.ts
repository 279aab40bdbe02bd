/** What every driver of the datapath port must do, told by verdicts: the suite that the kernel and its in-memory twin both run. */

import { afterAll, beforeAll, describe, expect, it, type TestOptions } from 'vitest';
import type { Datapath } from '../../src/datapath/port.ts';
import { MAPPED, parseAddress, parsePrefix, type Address } from '../../src/model/ip.ts';
import {
  CONFIG_OPEN,
  CONFIG_UNSET,
  PORT_SET_ALL,
  PORT_SET_NONE,
  type DirectionConfig,
  type EndpointConfig,
  type Operation,
  type PortRow,
  type PortSetRef,
} from '../../src/model/plan.ts';
import type { Direction, Verdict } from '../../src/model/verdict.ts';

/** The interface that a driver is asked about, and its pod's addresses. */
export const IFINDEX = 1;
export const POD = { ipv4: parseAddress('10.1.0.2'), ipv6: parseAddress('fd00:1::2') } as const;

export interface Driver {
  readonly datapath: Datapath;
  /** The verdict on an opening at IFINDEX: `port` is the destination's. */
  ask(direction: Direction, peer: Address, protocol: number, port: number): Verdict;
}

const [TCP, UDP, SCTP] = [6, 17, 132];
const PEER = parseAddress('10.2.0.7');
const PEER6 = parseAddress('fd00:2::7');
const STRANGER = parseAddress('203.0.113.9');
const STRANGER6 = parseAddress('2001:db8::9');

const ALL: PortSetRef = { portSet: PORT_SET_ALL, lengths: 0 };
const NONE: PortSetRef = { portSet: PORT_SET_NONE, lengths: 0 };
const OPEN: DirectionConfig = { ruleset: 0, stranger: ALL, defaultVerdict: 'allow' };

const row = (port: number, length = 16, verdict: Verdict = 'allow', protocol = TCP): PortRow => ({ protocol, port, length, verdict });
const lengthsOf = (rows: readonly PortRow[]): number => rows.reduce((bits, { length }) => bits | (1 << length), 0);
const refOf = (portSet: number, rows: readonly PortRow[]): PortSetRef => ({ portSet, lengths: lengthsOf(rows) });
const isolated = (ruleset: number, stranger: PortSetRef = NONE, defaultVerdict: Verdict = 'deny'): DirectionConfig => ({
  ruleset,
  stranger,
  defaultVerdict,
});

export function describeDatapath(name: string, options: TestOptions, open: () => Promise<Driver>): void {
  // oxlint-disable-next-line vitest/valid-title -- the driver's name
  describe(name, options, () => {
    let driver: Driver;
    let nextId = CONFIG_OPEN + 1;
    let nextNumber = 100;

    beforeAll(async () => {
      driver = await open();
    });
    afterAll(() => driver?.datapath.close());

    const apply = (...operations: readonly Operation[]): void => driver.datapath.apply(operations);
    const ask = (peer: Address, port = 80, protocol = TCP, direction: Direction = 'ingress'): Verdict =>
      driver.ask(direction, peer, protocol, port);
    /** Identities, rulesets and port sets of a test of its own. */
    const fresh = (): number => nextNumber++;

    function configure(directions: { readonly ingress?: DirectionConfig; readonly egress?: DirectionConfig }): Operation[] {
      const id = nextId++;
      const config: EndpointConfig = {
        endpoint: IFINDEX,
        counters: 1,
        ingress: directions.ingress ?? OPEN,
        egress: directions.egress ?? OPEN,
        ...POD,
        sourceCheck: true,
        held: false,
        takeOverUntil: 0n,
      };
      return [
        { op: 'put-config', id, config },
        { op: 'set-endpoint', ifindex: IFINDEX, word: { config: id, generation: id } },
      ];
    }

    it('denies everything at an interface that was never set', () => {
      expect(driver.datapath.tookOverFlows).toBe(false);
      expect([ask(PEER), ask(PEER6), ask(PEER, 80, UDP, 'egress')]).toEqual(['deny', 'deny', 'deny']);
    });

    it('allows everything at an open one, and denies again when it is unset', () => {
      apply({ op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_OPEN, generation: 1 } });
      expect([ask(PEER), ask(STRANGER6, 1, UDP, 'egress')]).toEqual(['allow', 'allow']);
      apply({ op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_UNSET, generation: 0 } });
      expect(ask(PEER)).toBe('deny');
    });

    it('isolates each direction for itself', () => {
      apply(...configure({ ingress: isolated(fresh()) }));
      expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['deny', 'allow']);
      apply(...configure({ egress: isolated(fresh()) }));
      expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['allow', 'deny']);
    });

    it('gives what no row covers the default verdict of the ruleset', () => {
      for (const verdict of ['deny', 'allow', 'would-deny'] as const) {
        apply(...configure({ ingress: isolated(fresh(), NONE, verdict) }));
        expect([ask(PEER), ask(PEER6, 443, SCTP)]).toEqual([verdict, verdict]);
      }
    });

    it("gives strangers the stranger's port set", () => {
      const [ruleset, portSet, rows] = [fresh(), fresh(), [row(80), row(53, 16, 'allow', UDP)]];
      apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
      expect([
        ask(STRANGER),
        ask(STRANGER, 81),
        ask(STRANGER, 53),
        ask(STRANGER, 53, UDP),
        ask(STRANGER6, 80),
        ask(STRANGER, 80, SCTP),
      ]).toEqual(['allow', 'deny', 'deny', 'allow', 'allow', 'deny']);
      apply({ op: 'delete-port-set', portSet: { id: portSet, rows } });
      expect([ask(STRANGER), ask(STRANGER, 53, UDP)]).toEqual(['deny', 'deny']);
    });

    it('takes the longest prefix of ports, whatever it says', () => {
      const [ruleset, portSet] = [fresh(), fresh()];
      const rows = [
        row(0, 0, 'would-deny'),
        row(0x8000, 1, 'allow'),
        row(0xff00, 8, 'deny'),
        row(0xff80, 9, 'allow'),
        row(0xffff, 16, 'deny'),
        row(0xfffe, 16, 'would-deny'),
      ];
      apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
      const verdicts: readonly (readonly [number, Verdict])[] = [
        [1, 'would-deny'],
        [0x7fff, 'would-deny'],
        [0x8000, 'allow'],
        [0xfeff, 'allow'],
        [0xff00, 'deny'],
        [0xff7f, 'deny'],
        [0xff80, 'allow'],
        [0xfffd, 'allow'],
        [0xfffe, 'would-deny'],
        [0xffff, 'deny'],
      ];
      for (const [port, verdict] of verdicts) expect(ask(STRANGER, port), `port ${port}`).toBe(verdict);
      expect(ask(STRANGER, 80, UDP)).toBe('deny');
    });

    it.each(Array.from({ length: 17 }, (_, length) => length))('knows port prefixes of %i bits', (length) => {
      const [ruleset, portSet] = [fresh(), fresh()];
      const port = length === 0 ? 0 : (0xaaaa >> (16 - length)) << (16 - length);
      const rows = [row(port, length)];
      apply({ op: 'put-port-set', portSet: { id: portSet, rows } }, ...configure({ ingress: isolated(ruleset, refOf(portSet, rows)) }));
      const last = port + (1 << (16 - length)) - 1;
      expect([ask(STRANGER, Math.max(port, 1)), ask(STRANGER, last)]).toEqual(['allow', 'allow']);
      if (port > 1) expect(ask(STRANGER, port - 1)).toBe('deny');
      if (last < 0xffff) expect(ask(STRANGER, last + 1)).toBe('deny');
    });

    it("gives an identity the port set of its pair, and a stranger's where there is no pair", () => {
      const [ruleset, identity, other, portSet, rows] = [fresh(), fresh(), fresh(), fresh(), [row(80)]];
      apply(
        { op: 'put-port-set', portSet: { id: portSet, rows } },
        { op: 'put-pair', ruleset, identity, ref: refOf(portSet, rows) },
        { op: 'put-address', address: PEER, identity, ownNode: false },
        { op: 'put-address', address: PEER6, identity: other, ownNode: false },
        ...configure({ ingress: isolated(ruleset) }),
      );
      expect([ask(PEER), ask(PEER, 81), ask(PEER6), ask(STRANGER)]).toEqual(['allow', 'deny', 'deny', 'deny']);
      apply({ op: 'put-pair', ruleset, identity: other, ref: ALL });
      expect([ask(PEER6), ask(PEER6, 9, UDP)]).toEqual(['allow', 'allow']);
      apply({ op: 'put-pair', ruleset, identity, ref: NONE });
      expect(ask(PEER)).toBe('deny');
      apply({ op: 'delete-pair', ruleset, identity: other });
      expect(ask(PEER6)).toBe('deny');
    });

    it('keeps rulesets and identities apart', () => {
      const [one, two, identity] = [fresh(), fresh(), fresh()];
      apply(
        { op: 'put-address', address: PEER, identity, ownNode: false },
        { op: 'put-pair', ruleset: one, identity, ref: ALL },
        ...configure({ ingress: isolated(one), egress: isolated(two) }),
      );
      expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['allow', 'deny']);
      apply(...configure({ ingress: isolated(two), egress: isolated(one) }));
      expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['deny', 'allow']);
      apply(...configure({ ingress: isolated(fresh()) }));
      expect(ask(PEER)).toBe('deny');
    });

    it('follows an address from one identity to another, and forgets it', () => {
      const [ruleset, good, bad] = [fresh(), fresh(), fresh()];
      apply({ op: 'put-pair', ruleset, identity: good, ref: ALL }, ...configure({ ingress: isolated(ruleset) }), {
        op: 'put-address',
        address: PEER,
        identity: good,
        ownNode: false,
      });
      expect(ask(PEER)).toBe('allow');
      apply({ op: 'put-address', address: PEER, identity: bad, ownNode: false });
      expect(ask(PEER)).toBe('deny');
      apply({ op: 'put-address', address: PEER, identity: good, ownNode: false });
      apply({ op: 'delete-address', address: PEER });
      expect(ask(PEER)).toBe('deny');
      apply({ op: 'delete-address', address: PEER }, { op: 'delete-address', address: PEER6 });
      expect(ask(PEER6)).toBe('deny');
    });

    it.each([
      { family: 'IPv4', wide: '10.0.0.0/8', narrow: '10.2.0.0/24', inNarrow: '10.2.0.7', inWide: '10.3.0.7', outside: '11.0.0.7' },
      { family: 'IPv6', wide: 'fd00::/16', narrow: 'fd00:2::/64', inNarrow: 'fd00:2::7', inWide: 'fd00:3::7', outside: 'fd01::7' },
    ])('takes the longest prefix of an $family address, and an exact row before any', ({ wide, narrow, inNarrow, inWide, outside }) => {
      const [ruleset, allowed, denied] = [fresh(), fresh(), fresh()];
      const [all, hole] = [parsePrefix(wide), parsePrefix(narrow)];
      apply({ op: 'put-pair', ruleset, identity: allowed, ref: ALL }, ...configure({ ingress: isolated(ruleset) }));
      const verdicts = (): Verdict[] => [inNarrow, inWide, outside].map((text) => ask(parseAddress(text)));
      expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
      apply({ op: 'put-prefix', prefix: all, identity: allowed });
      expect(verdicts()).toEqual(['allow', 'allow', 'deny']);
      apply({ op: 'put-prefix', prefix: hole, identity: denied });
      expect(verdicts()).toEqual(['deny', 'allow', 'deny']);
      apply({ op: 'put-address', address: parseAddress(inNarrow), identity: allowed, ownNode: false });
      expect(verdicts()).toEqual(['allow', 'allow', 'deny']);
      apply({ op: 'delete-address', address: parseAddress(inNarrow) }, { op: 'delete-prefix', prefix: all });
      expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
      apply({ op: 'put-prefix', prefix: hole, identity: allowed });
      expect(verdicts()).toEqual(['allow', 'deny', 'deny']);
      apply({ op: 'delete-prefix', prefix: hole }, { op: 'delete-prefix', prefix: hole });
      expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
    });

    it('never mixes the families: ::/0 is not IPv4, and 0.0.0.0/0 is not IPv6', () => {
      const [ruleset, four, six] = [fresh(), fresh(), fresh()];
      const everywhere6 = parsePrefix('::/0');
      apply({ op: 'put-prefix', prefix: MAPPED, identity: 0 }, ...configure({ ingress: isolated(ruleset) }));
      apply({ op: 'put-pair', ruleset, identity: six, ref: ALL }, { op: 'put-prefix', prefix: everywhere6, identity: six });
      expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['allow', 'deny']);
      apply({ op: 'put-pair', ruleset, identity: four, ref: ALL }, { op: 'put-prefix', prefix: MAPPED, identity: four });
      expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['allow', 'allow']);
      apply({ op: 'delete-prefix', prefix: everywhere6 });
      expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['deny', 'allow']);
      apply({ op: 'put-prefix', prefix: MAPPED, identity: 0 });
      expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['deny', 'deny']);
    });

    it('flips to a configuration only when the endpoint is set to it', () => {
      const [put, flip] = configure({ ingress: isolated(fresh()) }) as [Operation, Operation];
      apply(...configure({}));
      apply(put);
      expect(ask(PEER)).toBe('allow');
      apply(flip);
      expect(ask(PEER)).toBe('deny');
    });

    it('applies in order, also within one list', () => {
      const [ruleset, good, bad] = [fresh(), fresh(), fresh()];
      const put = (identity: number): Operation => ({ op: 'put-address', address: PEER, identity, ownNode: false });
      const remove: Operation = { op: 'delete-address', address: PEER };
      apply({ op: 'put-pair', ruleset, identity: good, ref: ALL }, ...configure({ ingress: isolated(ruleset) }));
      apply(put(bad), put(good));
      expect(ask(PEER)).toBe('allow');
      apply(put(good), remove, put(bad));
      expect(ask(PEER)).toBe('deny');
      apply(remove, put(good), remove);
      expect(ask(PEER)).toBe('deny');
      apply();
    });

    it('takes the same list twice, and deletions of what is not there', () => {
      const [ruleset, identity, portSet, rows] = [fresh(), fresh(), fresh(), [row(80)]];
      const list: readonly Operation[] = [
        { op: 'put-port-set', portSet: { id: portSet, rows } },
        { op: 'put-pair', ruleset, identity, ref: refOf(portSet, rows) },
        { op: 'put-address', address: PEER, identity, ownNode: false },
        { op: 'put-prefix', prefix: parsePrefix('198.51.100.0/24'), identity },
        ...configure({ ingress: isolated(ruleset) }),
      ];
      apply(...list);
      apply(...list);
      expect([ask(PEER), ask(PEER, 81), ask(parseAddress('198.51.100.7'))]).toEqual(['allow', 'deny', 'allow']);
      const removal: readonly Operation[] = [
        { op: 'delete-prefix', prefix: parsePrefix('198.51.100.0/24') },
        { op: 'delete-address', address: PEER },
        { op: 'delete-pair', ruleset, identity },
        { op: 'delete-port-set', portSet: { id: portSet, rows } },
        { op: 'delete-config', id: 77 },
        { op: 'sweep-flows', addresses: [PEER, PEER6] },
      ];
      apply(...removal);
      apply(...removal);
      expect([ask(PEER), ask(parseAddress('198.51.100.7'))]).toEqual(['deny', 'deny']);
    });

    it('takes ten thousand rows of each kind at once, and lets them go', () => {
      const count = 10_000;
      const [ruleset, portSet] = [fresh(), fresh()];
      const first = 1_000_000;
      const numbers = Array.from({ length: count }, (_, index) => index);
      const address = (index: number): Address => parseAddress('10.128.0.0') + BigInt(index);
      const prefix = (index: number) => ({ address: parseAddress('fd99::') + (BigInt(index) << 64n), length: 64 });
      const rows = numbers.map((index) => row(index + 1));
      apply(
        { op: 'put-port-set', portSet: { id: portSet, rows } },
        ...numbers.map((index): Operation => ({
          op: 'put-pair',
          ruleset,
          identity: first + index,
          ref: index % 2 === 0 ? ALL : refOf(portSet, rows),
        })),
        ...numbers.map((index): Operation => ({ op: 'put-address', address: address(index), identity: first + index, ownNode: false })),
        ...numbers.map((index): Operation => ({ op: 'put-prefix', prefix: prefix(index), identity: first + index })),
        ...configure({ ingress: isolated(ruleset) }),
      );
      for (const index of [0, 1, 2, 4999, 5000, 9998, 9999]) {
        const expected = index % 2 === 0 ? 'allow' : 'deny';
        expect([ask(address(index), 80), ask(address(index), 10_001)], `address ${index}`).toEqual(['allow', expected]);
        expect([ask(prefix(index).address + 1n, 10_000), ask(prefix(index).address, 10_001)], `prefix ${index}`).toEqual([
          'allow',
          expected,
        ]);
      }
      expect(ask(address(count))).toBe('deny');
      apply(
        ...numbers.map((index): Operation => ({ op: 'delete-prefix', prefix: prefix(index) })),
        ...numbers.map((index): Operation => ({ op: 'delete-address', address: address(index) })),
        ...numbers.map((index): Operation => ({ op: 'delete-pair', ruleset, identity: first + index })),
        { op: 'delete-port-set', portSet: { id: portSet, rows } },
      );
      for (const index of [0, 1, 5000, 9999])
        expect([ask(address(index)), ask(prefix(index).address)], `row ${index}`).toEqual(['deny', 'deny']);
    });

    it('keeps the generation that it is given', () => {
      expect(driver.datapath.generation).toBeGreaterThan(0);
      for (const generation of [7, 0xffff_fffe, 12]) {
        driver.datapath.storeGeneration(generation);
        expect(driver.datapath.generation).toBe(generation);
      }
    });
  });
}
