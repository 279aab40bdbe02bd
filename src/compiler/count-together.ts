/** The second count of a budget: what policies make together, by who is in which of their peer lists. */

import type { PeerList } from '../policy/peer-list.ts';
import type { Excess, Limits } from './admission.ts';
import { regionsOf } from './block-regions.ts';
import type { Asked, Claim, Selection } from './claims.ts';
import { addOnce, undo, type Journal } from './journal.ts';
import { Partition } from './partition.ts';
import type { Population } from './population.ts';

/** Rulesets of a selection are not looked into below this: they are charged for the most that their port rows can come to. */
const FEW_ROWS = 256;

/** Of one selection. */
interface Sum {
  readonly rulesets: number;
  readonly lists: Map<string, PeerList>;
  /** By lists with ports of their own; weighs their rows. `undefined`: there are few. */
  readonly parts: Partition<object> | undefined;
  /** What any peer may. */
  anyone: number;
  portRows: number;
}

export class CountTogether {
  readonly #limits: Limits;
  readonly #population: Population;
  readonly #regions: ReadonlyMap<string, readonly object[]>;
  readonly #mostRowsOf: (selection: Selection) => number;
  /** By all lists; weighs the rulesets that have them. */
  readonly #parts = new Partition<object>();
  readonly #sums = new Map<Selection, Sum>();
  readonly #members = new Map<string, readonly object[]>();
  #portRows = 0;

  /** `lists`: all that may come. `mostRowsOf`: the most port rows that one ruleset can have when all has come. */
  constructor(limits: Limits, population: Population, lists: Iterable<PeerList>, mostRowsOf: (selection: Selection) => number) {
    this.#limits = limits;
    this.#population = population;
    this.#regions = regionsOf(lists);
    this.#mostRowsOf = mostRowsOf;
  }

  /** Adds a policy's claims in each selection, unless a limit is overstepped by it. */
  add(asked: Asked): Excess | undefined {
    const journal: Journal = [];
    const excess = this.#addLists(asked, journal) ?? this.#addPorts(asked, journal);
    if (excess !== undefined) undo(journal);
    return excess;
  }

  #addLists(asked: Asked, journal: Journal): Excess | undefined {
    const { of, shared } = this.#limits;
    const rulesets = new Map<PeerList, number>();
    for (const [selection, claims] of asked) {
      const { lists, rulesets: amount } = this.#sumOf(selection);
      for (const { list } of claims) {
        if (list !== undefined && addOnce(lists, list.key, list, journal)) rulesets.set(list, (rulesets.get(list) ?? 0) + amount);
      }
    }
    for (const [list, amount] of rulesets) {
      this.#parts.add(this.#membersOf(list), amount, journal);
      if (this.#parts.classes > shared.identities) return { measure: 'identities', of, limit: shared.identities };
      if (this.#parts.weight > shared.pairs) return { measure: 'pairs', of, limit: shared.pairs };
    }
    return undefined;
  }

  #addPorts(asked: Asked, journal: Journal): Excess | undefined {
    const { of, pod, shared } = this.#limits;
    for (const [selection, claims] of asked) {
      const sum = this.#sumOf(selection);
      for (const claim of claims) {
        if (claim.portRows > 0) this.#addRows(sum, claim, journal);
        if (sum.portRows > pod.portRows) return { measure: 'portRows', of: 'pod', limit: pod.portRows };
        if (this.#portRows > shared.portRows) return { measure: 'portRows', of, limit: shared.portRows };
      }
    }
    return undefined;
  }

  #addRows(sum: Sum, { list, portRows }: Claim, journal: Journal): void {
    const { parts, anyone, portRows: before } = sum;
    if (parts === undefined) return;
    if (list === undefined) sum.anyone += portRows;
    else parts.add(this.#membersOf(list), portRows, journal);
    sum.portRows = parts.weight + sum.anyone * (parts.classes + 1);
    const more = (sum.portRows - before) * sum.rulesets;
    this.#portRows += more;
    journal.push(() => {
      Object.assign(sum, { anyone, portRows: before });
      this.#portRows -= more;
    });
  }

  #sumOf(selection: Selection): Sum {
    let sum = this.#sums.get(selection);
    if (sum === undefined) {
      const most = this.#mostRowsOf(selection);
      const parts = most > FEW_ROWS ? new Partition<object>() : undefined;
      sum = { rulesets: selection.rulesets, lists: new Map(), parts, anyone: 0, portRows: parts === undefined ? most : 0 };
      this.#sums.set(selection, sum);
      this.#portRows += sum.portRows * sum.rulesets;
    }
    return sum;
  }

  /** Pods, and regions of blocks. */
  #membersOf(list: PeerList): readonly object[] {
    let members = this.#members.get(list.key);
    if (members === undefined) {
      members = [...this.#population.podsIn(list), ...(this.#regions.get(list.key) ?? [])];
      this.#members.set(list.key, members);
    }
    return members;
  }
}
