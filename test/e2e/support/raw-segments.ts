/** Segments on a connection that the sender's kernel knows nothing of, as a pod with raw sockets can send them. */

import { ethernet, ipv4, ipv6 } from '../../support/builders/frames.ts';
import { tcp, type TcpOptions } from '../../support/builders/segments.ts';
import type { WorldPod } from './world.ts';

const SEND_FRAMES = new URL('../../datapath/send-frames.py', import.meta.url).pathname;

export interface RawSegments {
  readonly from: WorldPod;
  /** On the same bridge. */
  readonly to: WorldPod;
  readonly segments: readonly TcpOptions[];
}

/** Each segment over IPv4 and over IPv6. */
export function sendSegments({ from, to, segments }: RawSegments): void {
  const link = { source: macOf(from), destination: macOf(to) };
  const frames = segments.flatMap((options) => [
    ethernet(link, ipv4({ source: from.v4, destination: to.v4 }, tcp(options))),
    ethernet(link, ipv6({ source: from.v6, destination: to.v6 }, tcp(options))),
  ]);
  const order = { interface: 'eth0', frames: frames.map((frame) => ({ data: Buffer.from(frame).toString('hex'), linear: 0 })) };
  from.netns.run('python3', [SEND_FRAMES], JSON.stringify(order));
}

function macOf(pod: WorldPod): string {
  return (JSON.parse(pod.netns.ip('-j link show eth0')) as { address: string }[])[0]?.address ?? '';
}
