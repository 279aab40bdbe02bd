/** Every packet of a pod's flows, counted by its own kernel where it leaves and where it arrives: what was sent and did not arrive is lost. */

import type { NetworkNamespace } from '../../native/support/network-namespace.ts';

/** As seen by the pod: `requests` go to a port that is served, `answers` come from one. */
export type Counted = 'sent-requests' | 'heard-requests' | 'sent-answers' | 'heard-answers';

const TABLE = 'postern_count';
const FAMILIES = [
  { family: 'ipv4', ip: 'ip', suffix: '4' },
  { family: 'ipv6', ip: 'ip6', suffix: '6' },
] as const;
const COUNTED = [
  { counted: 'sent-requests', hook: 'output', peer: 'daddr', port: 'dport' },
  { counted: 'heard-requests', hook: 'input', peer: 'saddr', port: 'dport' },
  { counted: 'sent-answers', hook: 'output', peer: 'daddr', port: 'sport' },
  { counted: 'heard-answers', hook: 'input', peer: 'saddr', port: 'sport' },
] as const;

interface Listed {
  readonly nftables: readonly {
    readonly set?: {
      readonly name: string;
      readonly elem?: readonly {
        readonly elem: {
          readonly val: { readonly concat: readonly [string, string, number] };
          readonly counter: { readonly packets: number };
        };
      }[];
    };
  }[];
}

export class PacketCounts {
  readonly #counts: ReadonlyMap<string, number>;

  constructor(counts: ReadonlyMap<string, number>) {
    this.#counts = counts;
  }

  get(counted: Counted, peer: string, protocol: 'tcp' | 'udp', port: number): number {
    return this.#counts.get(keyOf(counted, peer, protocol, port)) ?? 0;
  }
}

export class PacketCounter {
  readonly #netns: Pick<NetworkNamespace, 'run'>;
  readonly #ports: readonly number[];
  #installed = false;

  /** Counts from the first reading on. */
  constructor(netns: Pick<NetworkNamespace, 'run'>, ports: readonly number[]) {
    this.#netns = netns;
    this.#ports = ports;
  }

  read(): PacketCounts {
    if (!this.#installed) {
      this.#netns.run('nft', ['-f', '-'], makeTable(this.#ports));
      this.#installed = true;
    }
    const { nftables } = JSON.parse(this.#netns.run('nft', ['-j', 'list', 'sets'])) as Listed;
    const counts = new Map<string, number>();
    for (const { set } of nftables) {
      for (const { elem } of set?.elem ?? []) {
        const [peer, protocol, port] = elem.val.concat;
        counts.set(keyOf(set?.name.replaceAll('_', '-').slice(0, -1) ?? '', peer, protocol, port), elem.counter.packets);
      }
    }
    return new PacketCounts(counts);
  }
}

function keyOf(counted: string, peer: string, protocol: string, port: number): string {
  return `${counted} ${peer} ${protocol} ${port}`;
}

function makeTable(ports: readonly number[]): string {
  const sets = COUNTED.flatMap(({ counted, peer }) =>
    FAMILIES.map(
      ({ ip, suffix }) =>
        `set ${setName(counted, suffix)} { typeof ${ip} ${peer} . meta l4proto . th dport; flags dynamic; counter; size 65535; }`,
    ),
  );
  const rules = (hook: string): string[] =>
    COUNTED.filter((one) => one.hook === hook).flatMap(({ counted, peer, port }) =>
      FAMILIES.map(
        ({ family, ip, suffix }) =>
          `meta nfproto ${family} meta l4proto { tcp, udp } th ${port} { ${ports.join(', ')} } ` +
          `update @${setName(counted, suffix)} { ${ip} ${peer} . meta l4proto . th ${port} counter }`,
      ),
    );
  const chains = ['output', 'input'].map((hook) =>
    [`chain ${hook} {`, `type filter hook ${hook} priority raw`, ...rules(hook), '}'].join('\n'),
  );
  return [`table inet ${TABLE} {`, ...sets, ...chains, '}'].join('\n');
}

function setName(counted: Counted, suffix: string): string {
  return `${counted.replaceAll('-', '_')}${suffix}`;
}
