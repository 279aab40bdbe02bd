/** A pod that is isolated both ways, among one that it hears, another that it may talk to and a third that has no say; and flows between all. */

import { apps } from './manifests.ts';
import { EVERY_STREAM, Streams, type StreamPod } from './streams.ts';
import type { World } from './world.ts';

export interface IsolatedWeb {
  readonly web: StreamPod;
  readonly friend: StreamPod;
  readonly foe: StreamPod;
  readonly other: StreamPod;
}

/** Whom it may talk to differs from whom it hears. */
export function isolateWeb(world: World): void {
  world.policy('web', {
    podSelector: { matchLabels: { app: 'web' } },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: apps('friend') }],
    egress: [{ to: apps('other') }],
  });
}

/** `kinds`: of what is allowed. */
export async function startStreams({ web, friend, foe, other }: IsolatedWeb, kinds = EVERY_STREAM): Promise<Streams> {
  const streams = new Streams();
  const allowed = [streams.allow(friend, web, kinds), streams.allow(web, other, kinds)];
  await Promise.all([...allowed, streams.deny(foe, web), streams.deny(web, foe)]);
  await streams.begin();
  return streams;
}
