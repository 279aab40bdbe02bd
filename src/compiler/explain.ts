/** Which of a pod's own policies and rules let a peer's port pass, or that none does: computed when asked, from the same rulesets that are enforced. */

import type { Address } from '../model/ip.ts';
import type { Pod } from '../model/objects.ts';
import { PROTOCOL_NUMBER, type Direction, type Protocol } from '../model/verdict.ts';
import { selectsPod } from '../policy/peer-list.ts';
import type { Policy, Rule } from '../policy/policy.ts';
import { hasPort } from '../policy/ports.ts';
import { listOf, resolvePortName } from '../policy/ruleset.ts';
import type { Compiler } from './compiler.ts';

export interface Flow {
  readonly source: Address;
  readonly destination: Address;
  /** A protocol with ports, or the number of another IP protocol. */
  readonly protocol: Protocol | number;
  /** The destination's port; 0 for a protocol without ports. */
  readonly port: number;
}

export interface RuleExplanation {
  /** `namespace/name` */
  readonly policy: string;
  /** Position among the policy's rules of this direction, from 0; `undefined`: the policy allows nothing at all here. */
  readonly rule: number | undefined;
  readonly allows: boolean;
  /** Why a rule does not allow it, or why a policy has no say. */
  readonly because: 'matches' | 'peer' | 'port' | 'no rules' | 'invalid' | 'does not fit';
}

export interface SideExplanation {
  readonly direction: Direction;
  /** Key of the pod whose policies these are; `undefined` where the address is no pod that is judged here. */
  readonly pod: string | undefined;
  readonly verdict: 'allow' | 'deny' | 'not-isolated';
  readonly rules: readonly RuleExplanation[];
}

export interface FlowExplanation {
  readonly allowed: boolean;
  readonly egress: SideExplanation;
  readonly ingress: SideExplanation;
}

/** Judge a flow by policy: the source's egress and the destination's ingress. A pod always reaches itself. */
export function explainFlow(compiler: Compiler, flow: Flow): FlowExplanation {
  const egress = explainSide(compiler, 'egress', flow.source, flow.destination, flow);
  const ingress = explainSide(compiler, 'ingress', flow.destination, flow.source, flow);
  const itself = egress.pod !== undefined && egress.pod === ingress.pod;
  return { allowed: itself || (egress.verdict !== 'deny' && ingress.verdict !== 'deny'), egress, ingress };
}

/** One side of it: the policies of the pod that has the address `own`. */
export function explainSide(compiler: Compiler, direction: Direction, own: Address, peer: Address, flow: Flow): SideExplanation {
  const pod = compiler.cluster.ownerOf(own);
  const subject = pod === undefined ? undefined : compiler.subject(pod);
  if (pod === undefined || subject === undefined) return { direction, pod, verdict: 'not-isolated', rules: [] };
  const protocol = typeof flow.protocol === 'number' ? flow.protocol : PROTOCOL_NUMBER[flow.protocol];
  const verdict = judgePeer(compiler, pod, direction, peer, protocol, flow.port);
  const question = { direction, own: subject.pod, peer, peerPod: ownerOf(compiler, peer), protocol, port: flow.port };
  const rules = subject.policies[direction].flatMap((policy) => explainPolicy(compiler, policy, question));
  return { direction, pod, verdict, rules };
}

/** What a pod's own policies say of a peer, in one direction. Conntrack, the own node and the pod itself are not asked. */
export function judgePeer(
  compiler: Compiler,
  pod: string,
  direction: Direction,
  peer: Address,
  protocol: number,
  port: number,
): SideExplanation['verdict'] {
  const ruleset = compiler.subject(pod)?.rulesets[direction];
  if (ruleset === undefined) return 'not-isolated';
  const ports = compiler.rulesets.portsFor(ruleset, compiler.identities.members.identityOf(peer));
  return hasPort(ports, protocol, port) ? 'allow' : 'deny';
}

interface Question {
  readonly direction: Direction;
  readonly own: Pod;
  readonly peer: Address;
  readonly peerPod: Pod | undefined;
  readonly protocol: number;
  readonly port: number;
}

function explainPolicy(compiler: Compiler, policy: Policy, question: Question): RuleExplanation[] {
  const nothing = (because: RuleExplanation['because']): RuleExplanation[] => [
    { policy: policy.key, rule: undefined, allows: false, because },
  ];
  if (compiler.refusedAt(question.own.nodeName).has(policy.key)) return nothing('does not fit');
  if (!policy.valid) return nothing('invalid');
  const rules = policy.rules[question.direction] ?? [];
  if (rules.length === 0) return nothing('no rules');
  return rules.map((rule) => {
    const because = !takesPeer(compiler, rule, question) ? 'peer' : takesPort(rule, question) ? 'matches' : 'port';
    return { policy: policy.key, rule: rule.index, allows: because === 'matches', because };
  });
}

function takesPeer(compiler: Compiler, rule: Rule, { peer, peerPod }: Question): boolean {
  if (rule.peers === undefined) return true;
  const list = listOf(rule);
  if (list.kind === 'peers' && list.blocks.contains(peer)) return true;
  return peerPod !== undefined && selectsPod(list, peerPod.namespace, compiler.cluster.namespaceLabels(peerPod.namespace), peerPod.labels);
}

function takesPort(rule: Rule, { direction, own, peerPod, protocol, port }: Question): boolean {
  const destination = direction === 'ingress' ? own : peerPod;
  return (
    rule.ports === undefined ||
    rule.ports.some((entry) => {
      if (PROTOCOL_NUMBER[entry.protocol] !== protocol) return false;
      if ('first' in entry) return entry.first <= port && port <= entry.last;
      return destination !== undefined && resolvePortName(destination.ports, entry) === port;
    })
  );
}

function ownerOf(compiler: Compiler, address: Address): Pod | undefined {
  const key = compiler.cluster.ownerOf(address);
  return key === undefined ? undefined : compiler.cluster.pods.get(key);
}
