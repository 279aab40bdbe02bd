/** What the scenarios tell a datapath about the pod behind an interface, and how they see whether it can be reached. */

import { spawnSync } from 'node:child_process';
import type { KernelDatapath } from '../../../src/datapath/kernel.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { CONFIG_OPEN, PORT_SET_ALL, PORT_SET_NONE, type DirectionConfig } from '../../../src/model/plan.ts';

export const POD = ['10.97.0.2', 'fd00:97::2'] as const;
export const SLOT = 1;

const OPEN: DirectionConfig = { ruleset: 0, stranger: { portSet: PORT_SET_ALL, lengths: 0 }, defaultVerdict: 'allow' };
let nextConfig = CONFIG_OPEN + 1;

/** `open`: no policy anywhere; `allow` and `deny`: isolated for ingress, with everything or nothing allowed. */
export function set(datapath: KernelDatapath, ifindex: number, state: 'open' | 'allow' | 'deny', takeOverUntil = 0n): void {
  const generation = datapath.generation + 1;
  datapath.storeGeneration(generation);
  if (state === 'open') {
    datapath.apply([{ op: 'set-endpoint', ifindex, word: { config: CONFIG_OPEN, generation } }]);
    return;
  }
  const id = nextConfig++;
  const ingress: DirectionConfig = {
    ruleset: 5,
    stranger: { portSet: state === 'allow' ? PORT_SET_ALL : PORT_SET_NONE, lengths: 0 },
    defaultVerdict: 'deny',
  };
  datapath.apply([
    {
      op: 'put-config',
      id,
      config: {
        endpoint: ifindex,
        counters: SLOT,
        ingress,
        egress: OPEN,
        ipv4: parseAddress(POD[0]),
        ipv6: parseAddress(POD[1]),
        sourceCheck: true,
        held: false,
        takeOverUntil,
      },
    },
    { op: 'set-endpoint', ifindex, word: { config: id, generation } },
  ]);
}

/** Whether a ping of each family comes back in so many seconds; one that has to find its neighbour anew needs more. */
export function reach(addresses: readonly string[] = POD, seconds = 0.4): boolean[] {
  return addresses.map((address) => spawnSync('ping', ['-c', '1', '-W', String(seconds), address], { stdio: 'ignore' }).status === 0);
}

/** What a call threw: its code and, of a PosternError, the first words. */
export function failureOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
