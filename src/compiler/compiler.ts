/** Events in, plans out: which peer lists live, which identities and rulesets follow, and what the kernel must be told. */

import type { PosternError } from '../model/error.ts';
import { MAPPED, type Address } from '../model/ip.ts';
import type { Pod } from '../model/objects.ts';
import type { Operation, PutOperation } from '../model/plan.ts';
import type { Sandbox } from '../model/sandbox.ts';
import type { ClusterEvent } from '../model/source.ts';
import { DIRECTIONS } from '../model/verdict.ts';
import { Cluster } from '../cluster/cluster.ts';
import type { Policy } from '../policy/policy.ts';
import { AddressRows } from './address-rows.ts';
import { DEFAULT_BUDGET } from './admission.ts';
import { Admissions } from './admissions.ts';
import { ChangeHandler } from './change-handler.ts';
import type { CompilerOptions, Now } from './compiler-options.ts';
import { Departures } from './departures.ts';
import { desiredOperations, type DesiredParts } from './desired.ts';
import { makeIntent, type EndpointIntent } from './endpoint-intent.ts';
import { EndpointTable, type Binding } from './endpoint-table.ts';
import { EndpointClasses } from './endpoint-classes.ts';
import { Enforcement } from './enforcement.ts';
import { Frontends } from './frontends.ts';
import { IdentityTable } from './identity-table.ts';
import { KernelLedger, REMOVAL_DELAY_MS } from './kernel-ledger.ts';
import { findNarrowed, mustJudgeAgain } from './narrowing.ts';
import { NodeAddresses } from './node-addresses.ts';
import type { Plan } from './plan.ts';
import { PolicyStore } from './policy-store.ts';
import { RulesetTable } from './ruleset-table.ts';
import { Subjects, type CompileOptions, type Subject } from './subjects.ts';
import { countTableRows } from './table-rows.ts';

/** Lists that nobody uses any more are forgotten once there are this many. */
const UNUSED_LISTS_KEPT = 256;

export class Compiler {
  readonly cluster = new Cluster();
  readonly identities = new IdentityTable();
  readonly rulesets = new RulesetTable(this.identities);
  readonly endpoints: EndpointTable;
  readonly frontends: Frontends;
  readonly enforcement: Enforcement;
  readonly subjects: Subjects;
  readonly #classes: EndpointClasses | undefined;
  readonly #ledger = new KernelLedger(this.identities, this.rulesets);
  readonly #options: CompilerOptions;
  readonly #admissions: Admissions;
  readonly #addressRows = new AddressRows(this.identities.members);
  readonly #policies: PolicyStore;
  readonly #node = new NodeAddresses((address, own) => {
    this.identities.setOwnNode(address, own);
    if (!own) this.#departures.nodeGone(address);
  });
  readonly #departures = new Departures();
  readonly #changes: ChangeHandler;
  readonly #compile: CompileOptions;
  #generation: number;
  #judgeAll = false;

  constructor(options: CompilerOptions = {}) {
    this.#options = options;
    this.#admissions = new Admissions(options.budget ?? DEFAULT_BUDGET, this.identities);
    this.enforcement = new Enforcement(options.node, (node) => this.subjects.invalidateNode(node));
    this.#policies = new PolicyStore(options.excludedNamespaces);
    this.subjects = new Subjects(this.#policies, this.rulesets, (node) => this.enforcement.isOff(node));
    this.#compile = {
      refusedAt: (node) => this.#admissions.refusedAt(node),
      findRoom: () => {
        const hasRoom = this.#addressRows.findRoom();
        return (list) => this.identities.isLive(list) || hasRoom(list);
      },
    };
    this.#generation = Math.max(1, options.generation ?? 1);
    this.endpoints = new EndpointTable(BigInt(options.takeOverMs ?? 120_000) * 1_000_000n);
    this.#classes = options.services === 'endpoints' ? new EndpointClasses(this.identities, this.rulesets) : undefined;
    this.frontends = new Frontends(this.cluster, this.#classes?.classOf.bind(this.#classes));
    this.#changes = new ChangeHandler({
      ownNode: options.node,
      cluster: this.cluster,
      identities: this.identities,
      frontends: this.frontends,
      admissions: this.#admissions,
      policies: this.#policies,
      subjects: this.subjects,
      nodeAddresses: this.#node,
      enforcement: this.enforcement,
      departures: this.#departures,
    });
    this.identities.pinPrefix(MAPPED);
  }

  /** But for those of excluded namespaces. */
  get policies(): ReadonlyMap<string, Policy> {
    return this.#policies.all;
  }

  get excludedNamespaces(): ReadonlySet<string> {
    return this.#policies.excludedNamespaces;
  }

  get excludedPolicies(): ReadonlyMap<string, Policy> {
    return this.#policies.excluded;
  }

  /** Policies that do not fit the budgets of some node, with the reason. As of the last flush. */
  get refused(): ReadonlyMap<string, PosternError> {
    return this.#admissions.refused;
  }

  /** Policies that do not fit the budgets of this node. */
  refusedAt(node: string | undefined): ReadonlyMap<string, PosternError> {
    return this.#admissions.refusedAt(node ?? '');
  }

  /** Rows that found no room in the kernel's tables, and pods whose lists found none: what they would allow is closed. */
  get leftOut(): number {
    return this.#ledger.leftOut + this.frontends.beyond + this.#addressRows.leftOut + this.subjects.cramped;
  }

  /** Changes in some namespace wait until its budget can be counted again. */
  get waiting(): boolean {
    return this.#admissions.waiting;
  }

  /** What changes in this namespace does. */
  isWaiting(namespace: string): boolean {
    return this.#admissions.isWaiting(namespace);
  }

  get pairs(): number {
    return this.#ledger.pairs;
  }

  subject(pod: string): Subject | undefined {
    return this.subjects.get(pod);
  }

  /** Pods of this node that can have an interface: not on the host's network, and with an address. */
  localPods(): Map<string, Pod> {
    this.#selectSubjects();
    const pods = new Map<string, Pod>();
    for (const [key, { pod }] of this.subjects.all()) if (pod.addresses.length > 0) pods.set(key, pod);
    return pods;
  }

  /* Events */

  apply(events: readonly ClusterEvent[]): void {
    this.#changes.apply(events);
  }

  /** All sandboxes of this node's pods; `undefined`: nobody knows. */
  setSandboxes(sandboxes: readonly Sandbox[] | undefined): void {
    this.#changes.setSandboxes(sandboxes);
  }

  /**
   * A local pod's interface has been found. `gateways`: addresses of its host side, which count as the node's own. `ranOpen`: flows may exist that nobody
   * recorded; `takeOverUntil`: such are taken over until then already.
   */
  bind(pod: string, binding: Binding, gateways: readonly Address[], ranOpen: boolean, takeOverUntil = 0n): void {
    this.endpoints.bind(pod, binding, ranOpen, takeOverUntil);
    this.#node.set(`pod ${pod}`, gateways);
  }

  unbind(pod: string): void {
    this.endpoints.unbind(pod);
    this.#node.set(`pod ${pod}`, []);
  }

  /** Addresses that are bound on the node's interfaces. */
  setNodeAddresses(addresses: readonly Address[]): void {
    this.#node.set('interfaces', addresses);
  }

  /* Flush */

  /** Makes rulesets and identities what they are to be, and no plan: for those who only ask what would be enforced. */
  compile(now: Now): void {
    this.#selectSubjects();
    this.#compileSubjects(now);
    this.#ledger.forgetUnborn();
  }

  /** What to do now. The plan is to be applied as a whole before the next one is asked for. */
  flush(now: Now): Plan {
    this.compile(now);
    // Starts the clock of what has died by this flush.
    const removals = this.#ledger.removals(now.ms);
    const additions = this.#ledger.additions();
    const changes = this.identities.members.takeChanges();
    const addresses = this.#addressRows.operations(changes);
    const moves = this.#departures.moves(changes, (address) => this.cluster.ownerOf(address));
    const narrowed = findNarrowed(this.rulesets, moves);
    const [before, judgeAll] = [this.#generation, this.#judgeAll];
    this.#judgeAll = false;
    const flips = this.endpoints.flips(
      (pod) => this.#intentOf(pod),
      (was, intent) => judgeAll || DIRECTIONS.some((direction) => mustJudgeAgain(was[direction], intent[direction], narrowed)),
      { current: before, next: () => (this.#generation = before + 1) },
      (ruleset) => this.rulesets.strangerRef(ruleset),
      now,
    );
    this.#classes?.begin();
    const frontends = this.frontends.operations();
    const classRows = this.#classes?.additions(this.subjects.egressRulesets()) ?? [];
    const toMiddle = [...additions, ...addresses, ...classRows, ...frontends];
    return {
      steps: [removals, toMiddle, flips],
      generation: this.#generation,
      empty: removals.length + toMiddle.length + flips.length === 0,
    };
  }

  /** Removals that are due, at least a second after what they remove was last in force; and the sweep of the dead addresses' flows. */
  sweep(now: Now): Operation[] {
    const operations = [
      ...this.#ledger.removals(now.ms),
      ...(this.#classes?.removals(now.ms, this.subjects.egressRulesets()) ?? []),
      ...this.endpoints.removals(now.ms, REMOVAL_DELAY_MS),
    ];
    const gone = this.#departures.take();
    if (gone.length > 0) operations.push({ op: 'sweep-flows', addresses: gone });
    if (this.identities.unusedLists > UNUSED_LISTS_KEPT || this.subjects.cramped > 0) this.identities.compact();
    return operations;
  }

  /** A flush is due though nothing happened: something waits for room, or budgets are to be counted. */
  flushDue(now: Now): boolean {
    return this.endpoints.waiting || this.#waitsForRoom || this.#admissions.isDue(now.ms);
  }

  /** Something waits for `sweep`, or for `flushDue`. */
  get sweepPending(): boolean {
    return (
      this.#ledger.pending ||
      this.#waitsForRoom ||
      (this.#classes?.pending ?? false) ||
      this.endpoints.pending ||
      this.#departures.pending ||
      this.#admissions.pending
    );
  }

  get #waitsForRoom(): boolean {
    return this.#ledger.leftOut + this.#addressRows.leftOut + this.subjects.cramped > 0;
  }

  /* Drift */

  /** Node-wide counter as of the last flush. */
  get generation(): number {
    return this.#generation;
  }

  /** What the kernel should hold of one kind by now: see `desiredOperations`. */
  desired(kind: PutOperation['op']): Generator<PutOperation | undefined> {
    return desiredOperations(this.#parts, kind);
  }

  /** Rows in use of each of the kernel's tables: see `countTableRows`. */
  get tableRows(): Readonly<Record<string, number>> {
    return countTableRows(this.#parts, this.identities.members);
  }

  get #parts(): DesiredParts {
    const { rulesets, frontends, endpoints } = this;
    return { addresses: this.#addressRows, rulesets, frontends, endpoints, classes: this.#classes, ledger: this.#ledger };
  }

  /** From the next flush on every recorded flow is judged again: the kernel has judged some by what nobody told it. */
  judgeAgain(): void {
    this.#judgeAll = true;
  }

  #selectSubjects(): void {
    for (const namespace of this.subjects.select((key) => this.#changes.subjectPod(key))) this.#admissions.namespaceChanged(namespace);
  }

  #compileSubjects({ ms }: Now): void {
    const counted = this.#admissions.countNamespaces(ms, (namespace) => this.subjects.selections(namespace));
    this.subjects.compileCramped(this.#compile);
    for (const [namespace, all] of counted) this.subjects.compile(namespace, all, this.#compile);
    // Only now is live what fits the namespaces.
    const changed = this.#admissions.countNodes(ms);
    if (changed.size === 0) return;
    for (const namespace of changed) this.subjects.compile(namespace, true, this.#compile);
    this.#ledger.forgetUnborn();
    this.identities.compact();
  }

  #intentOf(key: string): EndpointIntent {
    const subject = this.subjects.get(key);
    const { node, sourceCheck = true } = this.#options;
    const off = this.enforcement.isOff(subject?.pod.nodeName ?? node);
    return makeIntent(subject, { off, policies: this.#policies.all.size > 0, sourceCheck });
  }
}
