/** Knocks at an address often enough to meet each of two backends, and says in words who answered. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from './actor.ts';

/** The proxy throws dice: one of two is missed by all once in eight million. */
const TRIES = 24;
const FIRST_MS = 300;
const SECOND_LOOK_MS = 1000;
const PATIENT_MS = 1000;

export interface Door {
  readonly address: string;
  readonly port: number;
  readonly protocol?: 'TCP' | 'UDP';
}

/** `a b`: both answer, always; `a or silence`: some tries are not answered; `silence`; anything else is trouble. */
export async function knock(client: Actor, { address, port, protocol = 'TCP' }: Door, timeoutMs = FIRST_MS): Promise<string> {
  const family = address.includes(':') ? 6 : 4;
  const tries = Array.from({ length: TRIES }, () => client.probe({ address, family, protocol, port, timeoutMs }));
  const results = await Promise.all(tries);
  const answering = new Set(results.map(({ answeredBy }) => answeredBy?.split('/')[1]).filter((name) => name !== undefined));
  const others = new Set(
    results.filter(({ outcome }) => outcome !== 'open').map(({ outcome }) => (outcome === 'timeout' ? 'silence' : outcome)),
  );
  return [[...answering].toSorted().join(' '), ...[...others].toSorted()].filter((words) => words !== '').join(' or ');
}

/** A surprise is looked at once more, patiently. */
export async function knockFor(wanted: string, client: Actor, door: Door): Promise<string> {
  const first = await knock(client, door);
  if (first === wanted) return first;
  await sleep(SECOND_LOOK_MS);
  const second = await knock(client, door, PATIENT_MS);
  if (second === wanted)
    process.stderr.write(`late: ${client.place.key} at ${door.address} port ${door.port}: first ${first}, then ${second}\n`);
  return second;
}
