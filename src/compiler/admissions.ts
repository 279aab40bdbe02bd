/**
 * Which policies are refused by now. A namespace is counted when its policies or local pods change, and again every few seconds while other pods could make
 * a difference. Where that takes long it waits, and what is new in the namespace with it: a tenth of the time is all that counting it may take.
 */

import { PosternError } from '../model/error.ts';
import { namespaceOf } from '../model/objects.ts';
import { admitNamespace, admitNode, type Admitted, type Budget, type Excess } from './admission.ts';
import type { Selection } from './claims.ts';
import type { IdentityTable } from './identity-table.ts';
import { Population } from './population.ts';

/** For changes of pods that policies name. */
const INTERVAL_MS = 5000;
/** Part of the time that counting may take, where one count takes longer than a little. */
const DUTY = 0.1;
const LITTLE_MS = 10;
/** Of one flush, for counting again. */
const SLICE_MS = 20;

/** Selections by node, of one namespace or of many. */
export type Selections = ReadonlyMap<string, readonly Selection[]>;

interface Counted {
  /** Milliseconds of `Now`. */
  readonly at: number;
  /** Milliseconds of processor time. */
  readonly took: number;
}

interface Place extends Counted {
  readonly selections: Selections;
  readonly admitted: ReadonlyMap<string, Admitted>;
  /** Changes of the population that it has seen. */
  readonly population: number;
}

type Refused = ReadonlyMap<string, PosternError>;

const NOTHING: Refused = new Map();

export class Admissions {
  readonly #budget: Budget;
  readonly #identities: IdentityTable;
  readonly #places = new Map<string, Place>();
  readonly #waiting = new Set<string>();
  /** By node. */
  readonly #overNode = new Map<string, ReadonlyMap<string, Excess>>();
  #refusedAt: ReadonlyMap<string, Refused> = new Map();
  #refused: Refused = NOTHING;
  #node: Counted = { at: -Infinity, took: 0 };
  #nodeOverdue = false;
  #population = 0;

  constructor(budget: Budget, identities: IdentityTable) {
    this.#budget = budget;
    this.#identities = identities;
  }

  /** Policies that do not fit at a node, by key, with the reason. */
  refusedAt(node: string): Refused {
    return this.#refusedAt.get(node) ?? NOTHING;
  }

  /** Of all nodes. */
  get refused(): Refused {
    return this.#refused;
  }

  /** A pod, its labels, ports or addresses, or a namespace's labels have changed. */
  populationChanged(): void {
    this.#population += 1;
  }

  /** What selects pods in the namespace, or which pods, has changed. */
  namespaceChanged(namespace: string): void {
    this.#waiting.add(namespace);
  }

  /** Something has to wait for its count. */
  get waiting(): boolean {
    return this.#waiting.size > 0;
  }

  isWaiting(namespace: string): boolean {
    return this.#waiting.has(namespace);
  }

  get pending(): boolean {
    return this.waiting || this.#nodeOverdue || this.#places.values().some((place) => this.#isOutdated(place));
  }

  isDue(now: number): boolean {
    if ([...this.#waiting].some((namespace) => this.#mayCount(this.#places.get(namespace), now))) return true;
    if (this.#nodeOverdue && this.#mayRecount(this.#node, now)) return true;
    return this.#places.values().some((place) => this.#isOutdated(place) && this.#mayRecount(place, now));
  }

  /** Count what is due. Returns the namespaces that were, and whether what is refused there is another now. */
  countNamespaces(now: number, selectionsOf: (namespace: string) => Selections): Map<string, boolean> {
    const counted = new Set<string>();
    const population = new Population(this.#identities);
    let refusing = false;
    const count = (namespace: string, selections: Selections): void => {
      const before = this.#places.get(namespace);
      const after = this.#count(selections, population, now);
      if (after === undefined) this.#places.delete(namespace);
      else this.#places.set(namespace, after);
      refusing ||= refuses(before) || refuses(after);
      counted.add(namespace);
    };
    for (const namespace of this.#waiting) {
      if (!this.#mayCount(this.#places.get(namespace), now)) continue;
      this.#waiting.delete(namespace);
      count(namespace, selectionsOf(namespace));
    }
    const end = readProcessorTime() + SLICE_MS;
    for (const [namespace, place] of this.#places) {
      if (readProcessorTime() > end) break;
      if (this.#isOutdated(place) && this.#mayRecount(place, now)) count(namespace, place.selections);
    }
    const changed = refusing ? this.#tell() : new Set<string>();
    return new Map([...counted, ...changed].map((namespace) => [namespace, changed.has(namespace)]));
  }

  /** Count what all namespaces make together, once what fits them is live. Returns the namespaces in which something else is refused now. */
  countNodes(now: number): Set<string> {
    const over = this.#nodes().filter((node) => this.#overNode.has(node) || !this.#isRoomy(node));
    this.#nodeOverdue = over.length > 0;
    if (!this.#nodeOverdue || !this.#mayRecount(this.#node, now)) return new Set();
    const start = readProcessorTime();
    const population = new Population(this.#identities);
    for (const node of over) {
      const fitting = this.#placesOf(node).flatMap(([selections, { refused }]) => withoutRefused(selections, refused));
      const { refused } = admitNode(fitting, this.#budget, population);
      if (refused.size > 0) this.#overNode.set(node, refused);
      else this.#overNode.delete(node);
    }
    this.#node = { at: now, took: readProcessorTime() - start };
    return this.#tell();
  }

  #count(selections: Selections, population: Population, at: number): Place | undefined {
    if (selections.size === 0) return undefined;
    const start = readProcessorTime();
    const admitted = new Map([...selections].map(([node, own]) => [node, admitNamespace(own, this.#budget, population)]));
    return { selections, admitted, at, took: readProcessorTime() - start, population: this.#population };
  }

  /** Says anew what is refused. Returns the namespaces in which it is another. */
  #tell(): Set<string> {
    const before = this.#refusedAt;
    const after = new Map<string, Refused>();
    for (const node of new Set([...this.#nodes(), ...this.#overNode.keys()])) {
      const excesses = [...this.#placesOf(node).flatMap(([, { refused }]) => [...refused]), ...(this.#overNode.get(node) ?? [])];
      const refused = new Map<string, PosternError>();
      for (const [key, excess] of excesses) refused.set(key, refusalOf(key, excess));
      after.set(node, refused);
    }
    this.#refusedAt = after;
    this.#refused = new Map([...after.values()].flatMap((refused) => [...refused]));
    const changed = new Set<string>();
    for (const node of new Set([...before.keys(), ...after.keys()])) {
      const [was, is] = [new Set(before.get(node)?.keys()), new Set(after.get(node)?.keys())];
      for (const key of was.symmetricDifference(is)) changed.add(namespaceOf(key));
    }
    return changed;
  }

  #nodes(): string[] {
    return [...new Set([...this.#places.values()].flatMap(({ admitted }) => [...admitted.keys()]))];
  }

  #placesOf(node: string): (readonly [readonly Selection[], Admitted])[] {
    return [...this.#places.values()].flatMap(({ selections, admitted }) => {
      const [own, fit] = [selections.get(node), admitted.get(node)];
      return own === undefined || fit === undefined ? [] : [[own, fit] as const];
    });
  }

  /** What fits the namespaces fits the node too: there are no more classes than identities. */
  #isRoomy(node: string): boolean {
    const { lists, identities, pairs, prefixes, portRows } = this.#budget.node;
    const demands = this.#placesOf(node).map(([, { demand }]) => demand);
    const sum = (of: (demand: Admitted['demand']) => number): number => demands.reduce((total, demand) => total + of(demand), 0);
    const classes = this.#identities.size;
    return (
      classes <= identities &&
      classes * sum(({ listsOfRulesets }) => listsOfRulesets) <= pairs &&
      sum((demand) => demand.lists) <= lists &&
      sum((demand) => demand.prefixes) <= prefixes &&
      sum((demand) => demand.portRows) <= portRows
    );
  }

  #isOutdated({ admitted, population }: Place): boolean {
    return population !== this.#population && admitted.values().some(({ certain }) => !certain);
  }

  #mayCount(counted: Counted | undefined, now: number): boolean {
    return counted === undefined || counted.took < LITTLE_MS || now - counted.at >= counted.took / DUTY;
  }

  #mayRecount(counted: Counted, now: number): boolean {
    return now - counted.at >= INTERVAL_MS && this.#mayCount(counted, now);
  }
}

/** Of this thread, in milliseconds: a busy machine makes nothing dearer. */
function readProcessorTime(): number {
  // Node 22, on which an audit may run, has no clock for a thread.
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage();
  return (user + system) / 1000;
}

function withoutRefused(selections: readonly Selection[], refused: ReadonlyMap<string, unknown>): Selection[] {
  if (refused.size === 0) return [...selections];
  return selections.map((selection) => ({ ...selection, policies: selection.policies.filter(({ key }) => !refused.has(key)) }));
}

const NAMES: Readonly<Record<Excess['measure'], string>> = {
  policies: 'policies',
  lists: 'peer lists',
  identities: 'identities',
  pairs: 'pairs',
  prefixes: 'prefixes',
  portRows: 'port rows',
};

function refuses(place: Place | undefined): boolean {
  return place?.admitted.values().some(({ refused }) => refused.size > 0) === true;
}

const refusals = new WeakMap<Excess, PosternError>();

/** Once for each excess: some namespaces have hundreds, and an error is not free. */
function refusalOf(key: string, excess: Excess): PosternError {
  let refusal = refusals.get(excess);
  if (refusal === undefined) refusals.set(excess, (refusal = makeRefusal(key, excess)));
  return refusal;
}

function makeRefusal(key: string, { measure, of, limit }: Excess): PosternError {
  const whose = { pod: 'one direction of a pod', namespace: 'a namespace on one node', node: 'a node' }[of];
  return new PosternError('E_POLICY_BUDGET', `does not fit: too many ${NAMES[measure]} (limit ${limit} for ${whose})`, {
    at: { object: `NetworkPolicy ${key}` },
    mend: 'use fewer policies, or fewer or broader peers and ports; until then its selection is isolated and it allows nothing',
  });
}
