/** The first count of a budget: what policies ask for by what is written in them, and the most that it could come to where their peers overlap. */

import type { PeerList } from '../policy/peer-list.ts';
import type { Excess, Limits, PodLimits } from './admission.ts';
import { countEdges, type Asked, type Claim, type Selection } from './claims.ts';
import { addOnce, undo, type Journal } from './journal.ts';
import type { Population } from './population.ts';

/** Of one selection. */
interface Sum extends Record<keyof PodLimits, number> {
  readonly rulesets: number;
  readonly lists: Map<string, PeerList>;
  /** Lists with ports of their own. */
  readonly portLists: Map<string, PeerList>;
}

const POD_MEASURES = ['policies', 'prefixes', 'portRows'] as const satisfies readonly (keyof PodLimits)[];

export class CountAlone {
  readonly #limits: Limits;
  readonly #mostClasses: MostClasses;
  readonly #sums = new Map<Selection, Sum>();
  readonly #lists = new Map<string, PeerList>();
  #prefixes = 0;
  #portRows = 0;

  constructor(limits: Limits, population: Population) {
    this.#limits = limits;
    this.#mostClasses = (lists) => population.mostClasses(lists.values());
  }

  /** Peer lists of what has been added. */
  get lists(): readonly PeerList[] {
    return [...this.#lists.values()];
  }

  get prefixes(): number {
    return this.#prefixes;
  }

  /** How many lists all rulesets have together. */
  get listsOfRulesets(): number {
    return this.#sums.values().reduce((sum, { rulesets, lists }) => sum + rulesets * lists.size, 0);
  }

  /** The most that port rows can come to. */
  get mostPortRows(): number {
    return this.#mostPortRows(this.#mostClasses);
  }

  /** Adds a policy with its claims in each selection, unless a limit is overstepped by it. */
  add(asked: Asked): Excess | undefined {
    const journal: Journal = [];
    const sums = asked.map(([selection, claims]) => this.#addTo(selection, claims, journal));
    const excess = this.#findExcess(sums);
    if (excess !== undefined) undo(journal);
    return excess;
  }

  /** However the peers overlap, no limit is overstepped. */
  fitsAlways(): boolean {
    return this.#fits(mostClassesOf);
  }

  /** As there are no more identities than there are, no limit is overstepped. */
  fitsNow(): boolean {
    return this.#fits(this.#mostClasses);
  }

  #fits(most: MostClasses): boolean {
    const { pod, shared } = this.#limits;
    const classes = most(this.#lists);
    return (
      classes <= shared.identities &&
      classes * this.listsOfRulesets <= shared.pairs &&
      this.#mostPortRows(most) <= shared.portRows &&
      this.#sums.values().every((sum) => mostRowsOf(sum, most) <= pod.portRows)
    );
  }

  #mostPortRows(most: MostClasses): number {
    return this.#sums.values().reduce((rows, sum) => rows + sum.rulesets * mostRowsOf(sum, most), 0);
  }

  #addTo(selection: Selection, claims: readonly Claim[], journal: Journal): Sum {
    let sum = this.#sums.get(selection);
    if (sum === undefined) {
      sum = { rulesets: selection.rulesets, lists: new Map(), portLists: new Map(), policies: 0, prefixes: 0, portRows: 0 };
      this.#sums.set(selection, sum);
    }
    const own = sum;
    const { policies, prefixes, portRows } = own;
    const [allPrefixes, allPortRows] = [this.#prefixes, this.#portRows];
    journal.push(() => {
      Object.assign(own, { policies, prefixes, portRows });
      [this.#prefixes, this.#portRows] = [allPrefixes, allPortRows];
    });
    own.policies += 1;
    for (const { list, portRows: rows } of claims) {
      own.portRows += rows;
      this.#portRows += rows * own.rulesets;
      if (list === undefined) continue;
      if (addOnce(own.lists, list.key, list, journal)) own.prefixes += countEdges(list);
      if (rows > 0) addOnce(own.portLists, list.key, list, journal);
      if (addOnce(this.#lists, list.key, list, journal)) this.#prefixes += countEdges(list);
    }
    return own;
  }

  #findExcess(sums: readonly Sum[]): Excess | undefined {
    const { of, pod, shared } = this.#limits;
    for (const measure of POD_MEASURES) {
      if (sums.some((sum) => sum[measure] > pod[measure])) return { measure, of: 'pod', limit: pod[measure] };
    }
    if (this.#lists.size > shared.lists) return { measure: 'lists', of, limit: shared.lists };
    if (this.#prefixes > shared.prefixes) return { measure: 'prefixes', of, limit: shared.prefixes };
    if (this.#portRows > shared.portRows) return { measure: 'portRows', of, limit: shared.portRows };
    return undefined;
  }
}

type MostClasses = (lists: ReadonlyMap<string, PeerList>) => number;

/** Every class of peers has port rows of its own, those of no list too, and none has more than all rules together. */
function mostRowsOf({ portRows, portLists }: Sum, most: MostClasses): number {
  return portRows === 0 ? 0 : portRows * (most(portLists) + 1);
}

function mostClassesOf(lists: ReadonlyMap<string, PeerList>): number {
  return 2 ** lists.size - 1;
}
