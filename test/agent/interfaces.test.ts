/** Which pod has which interface: what is looked for, where it is not looked for, and what is said of pods that have none. */

import { beforeEach, describe, expect, it } from 'vitest';
import { type FoundInterface, Interfaces } from '../../src/agent/interfaces.ts';
import { type Address, parseAddress } from '../../src/model/ip.ts';
import type { Pod } from '../../src/model/objects.ts';
import { pod } from '../support/builders/objects.ts';

const [WEB, DB] = ['10.1.0.2', '10.1.0.3'];

describe('interfaces of local pods', () => {
  let interfaces: Interfaces;
  let pods: Map<string, Pod>;
  /** What discovery finds, by address. */
  let present: Map<string, FoundInterface>;
  let looks: { wanted: ReadonlySet<Address>; settled: ReadonlySet<number> }[];
  /** Milliseconds. */
  let clock: number;

  beforeEach(() => {
    pods = new Map();
    present = new Map();
    looks = [];
    clock = 5000;
    interfaces = new Interfaces(
      (wanted, settled) => {
        looks.push({ wanted, settled });
        return [...present.values()].filter(({ address }) => wanted.has(address));
      },
      (ifindex) => [...present.values()].some((one) => 'hostIfindex' in one && one.hostIfindex === ifindex),
      () => clock,
    );
  });

  function tell(name: string, address: string, uid = 'one'): void {
    pods.set(`shop/${name}`, pod(`shop/${name}`, { node: 'node-1', addresses: [address], uid }));
  }

  function bring(text: string, hostIfindex: number): void {
    const address = parseAddress(text);
    present.set(text, { address, netnsid: hostIfindex, hostIfindex, gateways: [], contested: false });
  }

  function lookAfter(ms: number): void {
    clock += ms;
    interfaces.lookAgain();
    interfaces.refresh(pods);
  }

  it('are looked for once, and again only when something changed', () => {
    tell('web', WEB);
    interfaces.refresh(pods);
    interfaces.refresh(pods);
    expect(looks).toHaveLength(1);
    lookAfter(0);
    expect(looks).toHaveLength(2);
    expect(interfaces.missing).toEqual(['shop/web']);
  });

  it('are looked for beside those that are found already', () => {
    tell('web', WEB);
    bring(WEB, 12);
    interfaces.refresh(pods);
    tell('db', DB);
    interfaces.refresh(pods);
    expect(looks.map(({ wanted, settled }) => [[...wanted], [...settled]])).toEqual([
      [[parseAddress(WEB)], []],
      [[parseAddress(DB)], [12]],
    ]);
  });

  it('that cannot be found are unenforced ten seconds after their address was told, and are looked for all the same', () => {
    tell('web', WEB);
    interfaces.refresh(pods);
    lookAfter(9_999);
    expect(interfaces.unenforced.size).toBe(0);
    lookAfter(1);
    expect([...interfaces.unenforced]).toEqual([['shop/web', expect.stringContaining('no interface')]]);
    expect(interfaces.missing).toEqual(['shop/web']);
    bring(WEB, 12);
    lookAfter(0);
    expect([interfaces.unenforced.size, interfaces.missing, interfaces.podAt(12)]).toEqual([0, [], 'shop/web']);
  });

  it('of another pod of the same name have ten seconds of their own', () => {
    tell('web', WEB);
    interfaces.refresh(pods);
    lookAfter(9_000);
    tell('web', WEB, 'two');
    lookAfter(500);
    lookAfter(9_500);
    expect(interfaces.unenforced.size).toBe(0);
    lookAfter(500);
    expect(interfaces.unenforced.size).toBe(1);
  });

  it('without a host side are unenforced at once, with the reason', () => {
    tell('web', WEB);
    present.set(WEB, { address: parseAddress(WEB), unenforced: 'its address is on the loopback interface lo' });
    interfaces.refresh(pods);
    expect([...interfaces.unenforced]).toEqual([['shop/web', 'its address is on the loopback interface lo']]);
    pods.clear();
    interfaces.refresh(pods);
    expect([interfaces.unenforced.size, interfaces.missing]).toEqual([0, []]);
  });
});
