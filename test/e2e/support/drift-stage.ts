/** A node on which drift is made: an isolated pod, one that may reach it, and one that may not. */

import type { AgentProcess } from './agent-process.ts';
import { apps } from './manifests.ts';
import { TCP_PORT, UDP_PORT, World, type WorldPod } from './world.ts';

export interface DriftStage {
  readonly world: World;
  readonly web: WorldPod;
  readonly friend: WorldPod;
  readonly foe: WorldPod;
  /** An agent that compares only when it is asked to. */
  readonly start: (...options: readonly string[]) => Promise<AgentProcess>;
  /** Whether the friend, and the foe by TCP and UDP, get through to the isolated pod. */
  readonly reached: () => Promise<boolean[]>;
}

/** What `reached` says where policy is in force. */
export const ENFORCED = [true, false, false];

/** No agent runs yet. The caller disposes of the world. */
export async function setUpDrift(): Promise<DriftStage> {
  const world = new World();
  const [web, friend, foe] = await world.addPods('web', 'friend', 'foe');
  world.policy('web', {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: apps('friend') }, { from: [{ ipBlock: { cidr: '198.51.100.0/24' } }], ports: [{ port: 80 }] }],
    egress: [{ to: apps('friend') }],
  });
  return {
    world,
    web,
    friend,
    foe,
    start: (...options) => world.settledAgent('--verify-interval', '0', ...options),
    reached: () =>
      Promise.all([
        friend.traffic.connects(web.v4, TCP_PORT),
        foe.traffic.connects(web.v4, TCP_PORT),
        foe.traffic.reachesByDatagram(web.v6, UDP_PORT),
      ]),
  };
}
