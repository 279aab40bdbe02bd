/** What a node counts as a whole: packets that never get fewer, and the rows of tables that nobody else counts. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { parseAddress } from '../../src/model/ip.ts';
import { CONFIG_OPEN, PORT_SET_NONE, type DirectionConfig } from '../../src/model/plan.ts';
import { reasonNumber } from '../../src/model/reasons.ts';
import { countRows } from '../../src/datapath/count-rows.ts';
import { BpfFolder } from '../native/support/bpf-folder.ts';
import { needsKernel } from '../support/requires.ts';
import { IFINDEX, POD, type Driver } from './contract/stage.ts';
import { openKernelDriver } from './kernel-driver.ts';

const SLOT = 1;
const POLICY = reasonNumber('POLICY');
const CLOSED: DirectionConfig = { ruleset: 7, stranger: { portSet: PORT_SET_NONE, lengths: 0 }, defaultVerdict: 'deny' };

describe('a node counts', needsKernel, () => {
  let folder: BpfFolder;
  let driver: Driver;

  beforeAll(async () => {
    folder = new BpfFolder();
    driver = await openKernelDriver(folder.path);
    const config = {
      endpoint: 9,
      ...POD,
      ingress: CLOSED,
      egress: CLOSED,
      sourceCheck: true,
      held: false,
      takeOverUntil: 0n,
      counters: SLOT,
    };
    driver.datapath.apply([
      { op: 'put-config', id: CONFIG_OPEN + 1, config },
      { op: 'set-endpoint', ifindex: IFINDEX, word: { config: CONFIG_OPEN + 1, generation: 5 } },
    ]);
  });
  afterAll(() => {
    driver?.datapath.close();
    folder?.[Symbol.dispose]();
  });

  const drop = (): unknown => driver.ask('ingress', parseAddress('203.0.113.9'), 6, 80);
  const denied = (): number => driver.datapath.totals().packets.ingress[POLICY] ?? 0;

  it("packets of endpoints that are gone and whose counters are another's by now", () => {
    drop();
    drop();
    expect(denied()).toBe(2);
    driver.datapath.apply([{ op: 'reset-counters', slot: SLOT }]);
    expect([denied(), driver.datapath.counters(SLOT).packets.ingress[POLICY]]).toEqual([2, 0]);
    drop();
    driver.datapath.apply([
      { op: 'reset-counters', slot: SLOT },
      { op: 'reset-counters', slot: SLOT },
    ]);
    expect(denied()).toBe(3);
  });

  it('the rows of the flow table, and says how many fit', async () => {
    expect(driver.datapath.capacities).toMatchObject({ conntrack: 1024, ipcache: 262_144, pairs: 524_288 });
    expect(await driver.datapath.countFlows()).toBe(0);
  });

  it('every row of a table of many parts', async () => {
    const [HASH, ROWS] = [1, 5000];
    const map = native.mapCreate({ type: HASH, keySize: 4, valueSize: 4, maxEntries: ROWS, name: 'many' });
    try {
      const numbers = new Uint8Array(Uint32Array.from({ length: ROWS }, (_, index) => index).buffer);
      native.mapPutBatch(map, numbers, numbers, ROWS);
      expect(await countRows(map)).toBe(ROWS);
    } finally {
      native.close(map);
    }
  });
});
