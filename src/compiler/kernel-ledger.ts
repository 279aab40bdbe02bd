/**
 * What the kernel holds of rulesets, identities and their pairs, and the operations that lead from there to what is wanted. Pairs are not stored: they
 * follow from a ruleset and an identity, whose meaning for each other never changes.
 */

import type { Operation } from '../model/plan.ts';
import { isEmptyPorts } from '../policy/ports.ts';
import type { IdentityTable } from './identity-table.ts';
import type { Identity } from './members.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

/** Packets that read a ruleset or an identity before a flip may still be on their way for as long as a virtual CPU can be put to sleep. */
export const REMOVAL_DELAY_MS = 1000;

export class KernelLedger {
  readonly #identities: IdentityTable;
  readonly #rulesets: RulesetTable;
  readonly #presentRulesets = new Map<Ruleset, { deadSince: number | undefined }>();
  readonly #presentIdentities = new Map<Identity, { deadSince: number | undefined }>();
  #pairs = 0;

  constructor(identities: IdentityTable, rulesets: RulesetTable) {
    this.#identities = identities;
    this.#rulesets = rulesets;
  }

  get pairs(): number {
    return this.#pairs;
  }

  /** Rows of the middle state: every ruleset, old or new, with every identity, old or new. Only additions. */
  additions(): Operation[] {
    const portSets: Operation[] = [];
    const pairs: Operation[] = [];
    const put = (ruleset: Ruleset, identity: Identity): void => {
      if (!this.#rulesets.distinguishes(ruleset, identity)) return;
      const ref = this.#rulesets.usePortSet(this.#rulesets.portsFor(ruleset, identity), (portSet) => {
        portSets.push({ op: 'put-port-set', portSet });
      });
      pairs.push({ op: 'put-pair', ruleset: ruleset.id, identity: identity.id, ref });
    };
    const freshIdentities = [...this.#identities.identities()].filter(
      (identity) => identity.members.size > 0 && !this.#presentIdentities.has(identity),
    );
    for (const ruleset of this.#presentRulesets.keys()) for (const identity of freshIdentities) put(ruleset, identity);
    for (const identity of freshIdentities) this.#presentIdentities.set(identity, { deadSince: undefined });
    for (const ruleset of this.#rulesets.rulesets()) {
      if (this.#presentRulesets.has(ruleset) || ruleset.users === 0) continue;
      this.#rulesets.usePortSet(ruleset.content.anyone.ports, (portSet) => {
        portSets.push({ op: 'put-port-set', portSet });
      });
      for (const identity of this.#presentIdentities.keys()) put(ruleset, identity);
      this.#presentRulesets.set(ruleset, { deadSince: undefined });
    }
    this.#pairs += pairs.length;
    return [...portSets, ...pairs];
  }

  /** Drop what came and went between two flushes and never reached the kernel. */
  forgetUnborn(): void {
    for (const ruleset of [...this.#rulesets.rulesets()]) {
      if (ruleset.users === 0 && !this.#presentRulesets.has(ruleset)) this.#rulesets.forget(ruleset);
    }
    for (const identity of [...this.#identities.identities()]) {
      if (identity.members.size === 0 && !this.#presentIdentities.has(identity)) this.#identities.forget(identity);
    }
  }

  /** Removals that are due. Called again until `pending` is false. */
  removals(now: number): Operation[] {
    const pairs: Operation[] = [];
    const portSets: Operation[] = [];
    const unused = (portSet: Extract<Operation, { op: 'delete-port-set' }>['portSet']): void => {
      portSets.push({ op: 'delete-port-set', portSet });
    };
    const remove = (ruleset: Ruleset, identity: Identity): void => {
      if (!this.#rulesets.distinguishes(ruleset, identity)) return;
      pairs.push({ op: 'delete-pair', ruleset: ruleset.id, identity: identity.id });
      this.#rulesets.dropPortSet(this.#rulesets.portsFor(ruleset, identity), unused);
    };
    for (const [ruleset, state] of this.#presentRulesets) {
      if (!isDue(state, ruleset.users > 0, now)) continue;
      this.#presentRulesets.delete(ruleset);
      for (const identity of this.#presentIdentities.keys()) remove(ruleset, identity);
      if (!isEmptyPorts(ruleset.content.anyone.ports)) this.#rulesets.dropPortSet(ruleset.content.anyone.ports, unused);
      this.#rulesets.forget(ruleset);
    }
    for (const [identity, state] of this.#presentIdentities) {
      if (!isDue(state, identity.members.size > 0, now)) continue;
      this.#presentIdentities.delete(identity);
      for (const ruleset of this.#presentRulesets.keys()) remove(ruleset, identity);
      this.#identities.forget(identity);
    }
    this.#pairs -= pairs.length;
    return [...pairs, ...portSets];
  }

  /** Every pair that the kernel has been told of, those that wait for their removal too. Others may be told while this is read. */
  *desiredPairs(): Generator<Extract<Operation, { op: 'put-pair' }> | undefined> {
    for (const ruleset of this.#presentRulesets.keys()) {
      for (const identity of this.#presentIdentities.keys()) {
        if (!this.#rulesets.distinguishes(ruleset, identity)) {
          // Most are none: whoever reads this may want to pause between them.
          yield undefined;
          continue;
        }
        const ref = this.#rulesets.portSetRef(this.#rulesets.portsFor(ruleset, identity));
        yield { op: 'put-pair', ruleset: ruleset.id, identity: identity.id, ref };
      }
    }
  }

  /** Something dead waits for its removal. */
  get pending(): boolean {
    for (const ruleset of this.#presentRulesets.keys()) if (ruleset.users === 0) return true;
    for (const identity of this.#presentIdentities.keys()) if (identity.members.size === 0) return true;
    return false;
  }

  /** No ruleset waits for its removal: peer lists without users are in no kernel row. */
  get settled(): boolean {
    for (const ruleset of this.#presentRulesets.keys()) if (ruleset.users === 0) return false;
    return true;
  }
}

/** Dead for the whole delay; one that lives again starts anew. */
function isDue(state: { deadSince: number | undefined }, alive: boolean, now: number): boolean {
  if (alive) {
    state.deadSince = undefined;
    return false;
  }
  state.deadSince ??= now;
  return now - state.deadSince >= REMOVAL_DELAY_MS;
}
