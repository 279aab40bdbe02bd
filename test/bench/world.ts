/** The maps of the bench: an endpoint in several configurations, 16k peers in 4k identities, and rows for very many policies. */

import { KernelMaps } from '../../src/datapath/kernel-maps.ts';
import { LAYOUT } from '../../src/datapath/layout.ts';
import { loadPrograms, type LoadedPrograms } from '../../src/datapath/load-programs.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { EndpointConfig, Operation, PortSetRef } from '../../src/model/plan.ts';

export const PEERS = 16_384;
const IDENTITIES = 4096;
export const POD = '10.1.0.2';
export const POD6 = 'fd00:1::2';
/** 10.128.0.0 onwards: peers by number. */
const peer = (index: number): bigint => parseAddress('10.128.0.0') + BigInt(index);

const NONE: PortSetRef = { portSet: 0, lengths: 0 };
const ALL: PortSetRef = { portSet: 1, lengths: 0 };
const WEB: PortSetRef = { portSet: 2, lengths: 1 << 16 };
const open = { ruleset: 0, stranger: ALL, defaultVerdict: 'allow' } as const;
const closed = (ruleset: number): EndpointConfig['ingress'] => ({ ruleset, stranger: NONE, defaultVerdict: 'deny' });
const config = (ingress: EndpointConfig['ingress'], egress: EndpointConfig['ingress']): EndpointConfig => ({
  endpoint: 1,
  ingress,
  egress,
  ipv4: parseAddress(POD),
  ipv6: parseAddress(POD6),
  sourceCheck: true,
  held: false,
  takeOverUntil: 0n,
  counters: 1,
});
/** Configuration rows. */
export const UNISOLATED = 2;
export const ISOLATED = 3;

function pairsOf(ruleset: number): Operation[] {
  return Array.from({ length: IDENTITIES }, (_, index) => ({ op: 'put-pair', ruleset, identity: index + 1, ref: WEB }) as const);
}

/** Rows as 10,000 policies leave them on a node of 250 pods: 500 rulesets of 20 peer lists, each with 10 identities. The endpoint's own stay what they are. */
export function manyPolicies(): Operation[] {
  return Array.from({ length: 500 }, (_, ruleset) =>
    Array.from(
      { length: 200 },
      (__, index) =>
        ({ op: 'put-pair', ruleset: 100 + ruleset, identity: 1 + ((ruleset * 37 + index * 19) % IDENTITIES), ref: WEB }) as const,
    ),
  ).flat();
}

export interface World {
  readonly programs: LoadedPrograms;
  readonly maps: KernelMaps;
}

export function makeWorld(others: readonly Operation[]): World {
  const programs = loadPrograms();
  const maps = new KernelMaps(programs.object.maps);
  maps.runtime[LAYOUT.runtime.jiffies_per_second[0] / 4] = 250;
  maps.apply([
    {
      op: 'put-port-set',
      portSet: {
        id: 2,
        rows: [
          { protocol: 6, port: 80, length: 16, verdict: 'allow' },
          { protocol: 17, port: 53, length: 16, verdict: 'allow' },
        ],
      },
    },
    // Half before the endpoint's own rows and half after, as they come in life.
    ...others.slice(0, others.length / 2),
    ...pairsOf(10),
    ...pairsOf(11),
    ...others.slice(others.length / 2),
    ...Array.from(
      { length: PEERS },
      (_, index) => ({ op: 'put-address', address: peer(index), identity: 1 + (index % IDENTITIES), ownNode: false }) as const,
    ),
    { op: 'put-address', address: parseAddress('fd00:2::1'), identity: 1, ownNode: false },
    { op: 'put-address', address: parseAddress('10.192.0.1'), identity: 5000, ownNode: false },
    { op: 'put-config', id: UNISOLATED, config: config(open, open) },
    { op: 'put-config', id: ISOLATED, config: config(closed(10), closed(11)) },
  ]);
  return { programs, maps };
}
