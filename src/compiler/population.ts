/** The pods of the cluster as those who count see them: who is in a list, whether it is live or not. */

import type { Prefix } from '../model/ip.ts';
import type { PeerList } from '../policy/peer-list.ts';
import type { PortName } from '../policy/ruleset.ts';
import type { IdentityTable } from './identity-table.ts';
import type { Member } from './members.ts';

export class Population {
  readonly #identities: IdentityTable;
  readonly #numbers = new Map<string, readonly PeerList[]>();
  readonly #pods = new Map<string, readonly Member[]>();

  /** Good until a pod changes: what it has found it does not look for again. */
  constructor(identities: IdentityTable) {
    this.#identities = identities;
  }

  /** Addresses of pods. */
  podsIn(list: PeerList): readonly Member[] {
    let pods = this.#pods.get(list.key);
    if (pods === undefined) {
      pods = [...this.#identities.membersIn(list)].filter((member) => member.group !== undefined);
      this.#pods.set(list.key, pods);
    }
    return pods;
  }

  isPod({ address, length }: Prefix): boolean {
    return this.#identities.members.find(address, length)?.group !== undefined;
  }

  /** A list for each number that some pod has for the name. */
  numbersOf(name: PortName): readonly PeerList[] {
    const key = `${name.protocol}/${name.name}`;
    let lists = this.#numbers.get(key);
    if (lists === undefined) this.#numbers.set(key, (lists = this.#identities.portNumbers(name)));
    return lists;
  }

  /** No more classes than this do these lists make: each at most doubles those that there are. */
  mostClasses(lists: Iterable<PeerList>): number {
    let all = 1;
    let live = this.#identities.size + 1;
    for (const list of lists) {
      all *= 2;
      if (!this.#identities.isLive(list)) live *= 2;
    }
    return Math.min(all, live) - 1;
  }
}
