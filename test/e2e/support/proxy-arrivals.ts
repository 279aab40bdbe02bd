/** Counts the packets that come into a namespace for certain ports, answered or not. */

import type { NetworkNamespace } from '../../native/support/network-namespace.ts';

const COUNTED = 'meta nfproto { ipv4, ipv6 } meta l4proto { tcp, udp }';

export class Arrivals {
  readonly #netns: NetworkNamespace;

  constructor(netns: NetworkNamespace, ports: readonly number[]) {
    this.#netns = netns;
    const rule = `${COUNTED} th dport { ${ports.join(', ')} } counter name arrived`;
    netns.run(
      'nft',
      ['-f', '-'],
      `table inet arrivals {\n  counter arrived {\n  }\n  chain arriving {\n    type filter hook prerouting priority raw\n    ${rule}\n  }\n}\n`,
    );
  }

  /** Since the last time that this was asked. */
  take(): number {
    const printed = this.#netns.run('nft', ['-j', 'reset', 'counter', 'inet', 'arrivals', 'arrived']);
    const { nftables } = JSON.parse(printed) as { nftables: { counter?: { packets: number } }[] };
    const counter = nftables.find((entry) => entry.counter !== undefined)?.counter;
    if (counter === undefined) throw new Error(`nft says nothing of the counter: ${printed}`);
    return counter.packets;
  }
}
