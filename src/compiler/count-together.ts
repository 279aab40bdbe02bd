/** The second count of a budget: what policies make together, by who is in which of their peer lists. */

import type { PeerList } from '../policy/peer-list.ts';
import type { Excess, Limits } from './admission.ts';
import { regionsOf } from './block-regions.ts';
import type { Asked, Claim, Selection } from './claims.ts';
import { addOnce, undo, type Journal } from './journal.ts';
import { Partition } from './partition.ts';
import type { Population } from './population.ts';

type Atom = object | undefined;

/** Of one selection. */
interface Sum {
  readonly rulesets: number;
  readonly lists: Map<string, PeerList>;
  /** By lists with ports of their own; weighs their rows. */
  readonly parts: Partition<Atom>;
  /** What any peer may. */
  anyone: number;
  portRows: number;
}

export class CountTogether {
  readonly #limits: Limits;
  readonly #atoms: ReadonlyMap<string, ReadonlySet<Atom>>;
  /** By all lists; weighs the rulesets that have them. */
  readonly #parts = new Partition<Atom>();
  readonly #sums = new Map<Selection, Sum>();
  #portRows = 0;

  /** `lists`: all that may come. */
  constructor(limits: Limits, population: Population, lists: readonly PeerList[]) {
    this.#limits = limits;
    this.#atoms = findAtoms(population, lists);
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
      this.#parts.add(this.#atomsOf(list), amount, journal);
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
    if (list === undefined) sum.anyone += portRows;
    else parts.add(this.#atomsOf(list), portRows, journal);
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
      sum = { rulesets: selection.rulesets, lists: new Map(), parts: new Partition(), anyone: 0, portRows: 0 };
      this.#sums.set(selection, sum);
    }
    return sum;
  }

  #atomsOf(list: PeerList): ReadonlySet<Atom> {
    return this.#atoms.get(list.key) ?? NO_ATOMS;
  }
}

const NO_ATOMS: ReadonlySet<Atom> = new Set();

/** The classes that all lists would make, by each list's key: of pods, and of regions of blocks. There are far fewer of them than of pods. */
function findAtoms(population: Population, lists: readonly PeerList[]): Map<string, ReadonlySet<Atom>> {
  const regions = regionsOf(lists);
  const parts = new Partition<object>();
  const members = lists.map((list) => {
    // A region of one address that is a pod's is that pod.
    const empty = (regions.get(list.key) ?? []).filter((region) => !population.isPod(region));
    return [list.key, [...population.podsIn(list), ...empty]] as const;
  });
  for (const [, inside] of members) parts.add(inside, 0, []);
  return new Map(members.map(([key, inside]) => [key, new Set(inside.map((member) => parts.classOf(member)))]));
}
