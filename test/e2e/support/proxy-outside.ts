/** A network outside the nodes: they are joined by it, and clients that are no pods sit in it. */

import { NetworkNamespace } from '../../native/support/network-namespace.ts';
import { Talker } from './proxy-talker.ts';

/** The outside network, and the numbers in it of its clients; node n is 10 + n. */
const NETWORK = { v4: '198.51.100.', v6: '2001:db8:98::' } as const;
const CLIENTS = [1, 2, 3];

export interface OutsideAddresses {
  readonly v4: string;
  readonly v6: string;
}

export class Outside {
  readonly netns = new NetworkNamespace();
  readonly talker: Talker;
  readonly #nodes = new Map<number, NetworkNamespace>();

  constructor() {
    this.netns.ip('link add net type bridge');
    this.netns.ip('link set net up');
    for (const client of CLIENTS) this.addAddresses(outsideAddresses(client));
    this.talker = new Talker(this.netns.path);
  }

  /** More addresses of this host. */
  addAddresses({ v4, v6 }: OutsideAddresses): void {
    this.netns.ip(`addr add ${v4}/24 dev net`);
    this.netns.ip(`addr add ${v6}/64 dev net nodad`);
  }

  /** Gives node number `index` an interface `eth0` here, a default route, and routes to its pods and to those of the nodes that came before; returns its addresses. */
  join(node: NetworkNamespace, index: number): OutsideAddresses {
    const [own, router] = [nodeAddresses(index), outsideAddresses(1)];
    this.netns.ip(`link add node${index} master net type veth peer name eth0 netns ${node.name}`);
    this.netns.ip(`link set node${index} up`);
    node.ip('link set eth0 up');
    node.ip(`addr add ${own.v4}/24 dev eth0`);
    node.ip(`addr add ${own.v6}/64 dev eth0 nodad`);
    node.ip(`route add default via ${router.v4}`);
    node.ip(`-6 route add default via ${router.v6}`);
    addRoutes(this.netns, index);
    for (const [other, there] of this.#nodes) {
      addRoutes(node, other);
      addRoutes(there, index);
    }
    this.#nodes.set(index, node);
    return own;
  }

  [Symbol.dispose](): void {
    this.talker[Symbol.dispose]();
    this.netns[Symbol.dispose]();
  }
}

export function outsideAddresses(number: number): OutsideAddresses {
  return { v4: `${NETWORK.v4}${number}`, v6: `${NETWORK.v6}${number.toString(16)}` };
}

export function nodeAddresses(index: number): OutsideAddresses {
  return outsideAddresses(10 + index);
}

/** To the pods of another node. */
function addRoutes(node: NetworkNamespace, index: number): void {
  const { v4, v6 } = nodeAddresses(index);
  node.ip(`route add 10.98.${index}.0/24 via ${v4}`);
  node.ip(`-6 route add fd00:98:${index}::/64 via ${v6}`);
}
