/**
 * What the kernel holds of rulesets, identities and their pairs, and the operations that lead from there to what is wanted. Pairs are not stored: they
 * follow from a ruleset and an identity, whose meaning for each other never changes. The maps never overflow: a pair for which there is no room is left
 * out, so that its identity is treated like any stranger, which never allows more, and is written when there is.
 */

import type { Operation, PortSet } from '../model/plan.ts';
import { countPortRows, isEmptyPorts, type Ports } from '../policy/ports.ts';
import type { IdentityTable } from './identity-table.ts';
import type { Identity } from './members.ts';
import type { Ruleset, RulesetTable } from './ruleset-table.ts';

/** Packets that read a ruleset or an identity before a flip may still be on their way for as long as a virtual CPU can be put to sleep. */
export const REMOVAL_DELAY_MS = 1000;

/** Rows that the kernel's maps can hold, and how much of that is kept for rulesets that are small themselves. */
export interface KernelRoom {
  readonly pairs: number;
  readonly portRows: number;
}

/** As bpf/ruleset.h has it, less the rows of endpoint classes, which stand among the pairs. */
export const KERNEL_ROOM: KernelRoom = { pairs: 524_288 - 65_536, portRows: 262_144 };
/** Rulesets with more pairs may not use the last eighth; nor may port sets with more rows, or of rulesets that have many already. */
const SMALL = { pairs: 1024, portRows: 32, pairsWithPortRows: 256 };
const KEPT_FOR_SMALL = 1 / 8;

interface PresentRuleset {
  pairs: number;
  /** Identities whose pair did not fit. */
  readonly leftOut: Set<Identity>;
  /** What anyone may had no room either. */
  strangerLeftOut: boolean;
}

export class KernelLedger {
  readonly #identities: IdentityTable;
  readonly #rulesets: RulesetTable;
  readonly #room: KernelRoom;
  readonly #presentRulesets = new Map<Ruleset, PresentRuleset>();
  readonly #presentIdentities = new Set<Identity>();
  /** Rulesets without users and identities without members → since when. */
  readonly #deadSince = new Map<Ruleset | Identity, number>();
  #pairs = 0;
  #portRows = 0;
  #leftOut = 0;

  constructor(identities: IdentityTable, rulesets: RulesetTable, room: KernelRoom = KERNEL_ROOM) {
    this.#identities = identities;
    this.#rulesets = rulesets;
    this.#room = room;
  }

  /** In the kernel, those that wait for their removal too. */
  get pairs(): number {
    return this.#pairs;
  }

  get portRows(): number {
    return this.#portRows;
  }

  /** Pairs and port sets that have no room: less is allowed than policy says. */
  get leftOut(): number {
    return this.#leftOut;
  }

  /** Rows of the middle state: every ruleset, old or new, with every identity, old or new. Only additions. */
  additions(): Operation[] {
    const portSets: Operation[] = [];
    const pairs: Operation[] = [];
    const put = (ruleset: Ruleset, state: PresentRuleset, identity: Identity): void => {
      if (!this.#rulesets.distinguishes(ruleset, identity)) return;
      const ports = this.#rulesets.portsFor(ruleset, identity);
      if (!this.#hasRoom(state, ports)) {
        state.leftOut.add(identity);
        this.#leftOut += 1;
        return;
      }
      const ref = this.#rulesets.usePortSet(ports, (portSet) => this.#made(portSet, portSets));
      pairs.push({ op: 'put-pair', ruleset: ruleset.id, identity: identity.id, ref });
      state.pairs += 1;
      this.#pairs += 1;
    };
    this.#retry(put);
    const freshIdentities = this.#identities.takeFresh();
    for (const [ruleset, state] of this.#presentRulesets) for (const identity of freshIdentities) put(ruleset, state, identity);
    for (const identity of freshIdentities) this.#presentIdentities.add(identity);
    for (const ruleset of this.#rulesets.rulesets()) {
      if (this.#presentRulesets.has(ruleset) || ruleset.users === 0) continue;
      const state: PresentRuleset = { pairs: 0, leftOut: new Set(), strangerLeftOut: false };
      this.#presentRulesets.set(ruleset, state);
      const { ports } = ruleset.content.anyone;
      // Its configuration row names what anyone may once and for all, so this is not tried again.
      if (!this.#hasRoom(state, ports)) this.#leaveStrangerOut(state);
      else this.#rulesets.usePortSet(ports, (portSet) => this.#made(portSet, portSets));
      for (const identity of this.#presentIn(ruleset)) put(ruleset, state, identity);
    }
    return [...portSets, ...pairs];
  }

  /** Drop what came and went between two flushes and never reached the kernel. */
  forgetUnborn(): void {
    for (const ruleset of [...this.#rulesets.rulesets()]) {
      if (ruleset.users === 0 && !this.#presentRulesets.has(ruleset)) this.#rulesets.forget(ruleset);
    }
  }

  /** Removals that are due. Called again until `pending` is false. */
  removals(now: number): Operation[] {
    const pairs: Operation[] = [];
    const portSets: Operation[] = [];
    const unused = (portSet: PortSet): void => {
      this.#portRows -= portSet.rows.length;
      portSets.push({ op: 'delete-port-set', portSet });
    };
    const remove = (ruleset: Ruleset, state: PresentRuleset, identity: Identity): void => {
      if (state.leftOut.delete(identity)) {
        this.#leftOut -= 1;
        return;
      }
      if (!this.#rulesets.distinguishes(ruleset, identity)) return;
      pairs.push({ op: 'delete-pair', ruleset: ruleset.id, identity: identity.id });
      state.pairs -= 1;
      this.#rulesets.dropPortSet(this.#rulesets.portsFor(ruleset, identity), unused);
    };
    for (const [ruleset, state] of this.#presentRulesets) {
      if (!this.#isDue(ruleset, ruleset.users > 0, now)) continue;
      this.#presentRulesets.delete(ruleset);
      for (const identity of this.#presentIn(ruleset)) remove(ruleset, state, identity);
      const { ports } = ruleset.content.anyone;
      if (state.strangerLeftOut) this.#leftOut -= 1;
      else if (!isEmptyPorts(ports)) this.#rulesets.dropPortSet(ports, unused);
      this.#rulesets.forget(ruleset);
    }
    for (const dead of this.#deadSince.keys()) if ('members' in dead && dead.members.size > 0) this.#deadSince.delete(dead);
    for (const identity of this.#identities.members.empty) {
      if (!this.#presentIdentities.has(identity) || !this.#isDue(identity, false, now)) continue;
      this.#presentIdentities.delete(identity);
      for (const [ruleset, of] of this.#presentRulesets) remove(ruleset, of, identity);
      this.#identities.forget(identity);
    }
    this.#pairs -= pairs.length;
    return [...pairs, ...portSets];
  }

  /** Every pair that the kernel has been told of, those that wait for their removal too. Others may be told while this is read. */
  *desiredPairs(): Generator<Extract<Operation, { op: 'put-pair' }> | undefined> {
    for (const [ruleset, { leftOut }] of this.#presentRulesets) {
      for (const identity of this.#presentIn(ruleset)) {
        const there = this.#presentRulesets.has(ruleset) && this.#presentIdentities.has(identity) && !leftOut.has(identity);
        if (!there || !this.#rulesets.distinguishes(ruleset, identity)) {
          // Whoever reads this may want to pause between them.
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
    return this.#identities.members.empty.values().some((identity) => this.#presentIdentities.has(identity));
  }

  /** Identities in the kernel with which the ruleset may have a pair. */
  #presentIn(ruleset: Ruleset): Identity[] {
    return [...this.#rulesets.identitiesOf(ruleset)].filter((identity) => this.#presentIdentities.has(identity));
  }

  /** Dead for the whole delay; one that lives again starts anew. */
  #isDue(one: Ruleset | Identity, alive: boolean, now: number): boolean {
    const since = this.#deadSince.get(one) ?? now;
    const due = !alive && now - since >= REMOVAL_DELAY_MS;
    if (alive || due) this.#deadSince.delete(one);
    else this.#deadSince.set(one, since);
    return due;
  }

  #made(portSet: PortSet, operations: Operation[]): void {
    this.#portRows += portSet.rows.length;
    operations.push({ op: 'put-port-set', portSet });
  }

  /** For one pair more, with these ports. */
  #hasRoom(state: PresentRuleset, ports: Ports): boolean {
    const rows = this.#rulesets.hasPortSet(ports) ? 0 : countPortRows(ports);
    const pairs = this.#room.pairs * (state.pairs < SMALL.pairs ? 1 : 1 - KEPT_FOR_SMALL);
    const small = rows <= SMALL.portRows && state.pairs < SMALL.pairsWithPortRows;
    const portRows = this.#room.portRows * (small ? 1 : 1 - KEPT_FOR_SMALL);
    return this.#pairs < pairs && (rows === 0 || this.#portRows + rows <= portRows);
  }

  #leaveStrangerOut(state: PresentRuleset): void {
    state.strangerLeftOut = true;
    this.#leftOut += 1;
  }

  /** What was left out, smallest rulesets first. */
  #retry(put: (ruleset: Ruleset, state: PresentRuleset, identity: Identity) => void): void {
    if (this.#leftOut === 0) return;
    const waiting = [...this.#presentRulesets].filter(([ruleset, state]) => state.leftOut.size > 0 && ruleset.users > 0);
    for (const [ruleset, state] of waiting.sort(([, a], [, b]) => a.leftOut.size - b.leftOut.size)) {
      for (const identity of [...state.leftOut]) {
        state.leftOut.delete(identity);
        this.#leftOut -= 1;
        put(ruleset, state, identity);
      }
    }
  }
}
