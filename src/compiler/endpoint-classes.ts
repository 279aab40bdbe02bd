/**
 * For kernels that cannot judge a Service by the backend that was chosen: classes of frontends that lead to the same identities and ports, and for each
 * ruleset a row where it allows all of them. What such a row says never becomes untrue, as with pairs.
 */

import { PORT_SET_ALL, type Operation } from '../model/plan.ts';
import { hasPort } from '../policy/ports.ts';
import type { Target } from './frontends.ts';
import type { IdentityTable } from './identity-table.ts';
import { REMOVAL_DELAY_MS } from './kernel-ledger.ts';
import type { Identity } from './members.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

/** Classes are numbered from here, identities from 1. */
const FIRST_CLASS = 2 ** 31;
/** No frontend of this class is ever allowed: it leads nowhere, or found no room. */
export const CLASS_NONE = 0;
/** Of the kernel's table of pairs, which identities have too. */
const CLASS_ROWS = 65_536;

interface EndpointClass {
  readonly id: number;
  readonly protocol: number;
  readonly members: readonly { readonly identity: Identity; readonly port: number }[];
}

type PutPair = Extract<Operation, { op: 'put-pair' }>;

export class EndpointClasses {
  readonly #identities: IdentityTable;
  readonly #rulesets: RulesetTable;
  readonly #classes = new Map<string, EndpointClass>();
  readonly #told = new Map<string, { readonly put: PutPair; deadSince: number | undefined }>();
  readonly #live = new Set<EndpointClass>();
  #next = FIRST_CLASS;

  constructor(identities: IdentityTable, rulesets: RulesetTable) {
    this.#identities = identities;
    this.#rulesets = rulesets;
  }

  /** Rows among the pairs. */
  get size(): number {
    return this.#told.size;
  }

  /** Before the frontends of a flush are asked for. */
  begin(): void {
    this.#live.clear();
  }

  classOf(protocol: number, targets: readonly Target[]): number {
    const members = new Map<string, EndpointClass['members'][number]>();
    for (const { address, port } of targets) {
      // The own node is always allowed.
      if (this.#identities.members.find(address)?.ownNode === true) continue;
      const identity = this.#identities.members.identityOf(address);
      members.set(`${identity.id}:${port}`, { identity, port });
    }
    if (targets.length === 0) return CLASS_NONE;
    const key = `${protocol} ${[...members.keys()].toSorted().join(' ')}`;
    let found = this.#classes.get(key);
    if (found === undefined) this.#classes.set(key, (found = { id: this.#next++, protocol, members: [...members.values()] }));
    this.#live.add(found);
    return found.id;
  }

  /** Rows for the classes that the last frontends have, to be put before these. */
  additions(rulesets: ReadonlySet<Ruleset>): Operation[] {
    const puts: PutPair[] = [];
    for (const one of this.#live) {
      for (const ruleset of rulesets) {
        const key = `${ruleset.id}:${one.id}`;
        const told = this.#told.get(key);
        if (told !== undefined) told.deadSince = undefined;
        if (told !== undefined || this.#told.size >= CLASS_ROWS || !this.#allows(ruleset, one)) continue;
        const put: PutPair = { op: 'put-pair', ruleset: ruleset.id, identity: one.id, ref: { portSet: PORT_SET_ALL, lengths: 0 } };
        this.#told.set(key, { put, deadSince: undefined });
        puts.push(put);
      }
    }
    return puts;
  }

  /** Rows of classes and rulesets that nobody has had for a second. */
  removals(now: number, rulesets: ReadonlySet<Ruleset>): Operation[] {
    const live = new Set([...this.#live].flatMap((one) => [...rulesets].map((ruleset) => `${ruleset.id}:${one.id}`)));
    const deletes: Operation[] = [];
    for (const [key, row] of this.#told) {
      if (live.has(key)) continue;
      row.deadSince ??= now;
      if (now - row.deadSince < REMOVAL_DELAY_MS) continue;
      this.#told.delete(key);
      deletes.push({ op: 'delete-pair', ruleset: row.put.ruleset, identity: row.put.identity });
    }
    for (const [key, one] of this.#classes) if (!this.#live.has(one)) this.#classes.delete(key);
    return deletes;
  }

  get pending(): boolean {
    return this.#told.values().some(({ deadSince }) => deadSince !== undefined);
  }

  *desired(): Generator<PutPair> {
    for (const { put } of this.#told.values()) yield put;
  }

  #allows(ruleset: Ruleset, { protocol, members }: EndpointClass): boolean {
    return members.every(({ identity, port }) => hasPort(this.#rulesets.portsFor(ruleset, identity), protocol, port));
  }
}
