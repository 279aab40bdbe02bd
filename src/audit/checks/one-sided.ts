/** Rules that one side has and the other side's policies bring to nothing. */

import type { Direction } from '../../model/verdict.ts';
import { intersectPorts, isEmptyPorts } from '../../policy/ports.ts';
import { describePorts, isEverything } from '../describe-rule.ts';
import type { Workload } from '../input/audit-input.ts';
import type { AuditModel, AuditPolicy, PodClass } from '../model/audit-model.ts';
import { addressOf, type Reach } from '../model/reach.ts';
import { portsOfRule } from '../model/rule-reach.ts';
import type { PodPeer } from '../../policy/peer-list.ts';
import type { Peer, Rule } from '../../policy/policy.ts';
import { listRules, ruleField } from './fields.ts';
import { nameWorkload } from './isolation.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const pod = (name: string): string =>
  `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }\nspec: { containers: [{ name: c, image: example/${name} }] }`;
const toDb = policyYaml(
  'podSelector: { matchLabels: { app: web } }\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: { matchLabels: { app: db } } }] }]',
);
const dbFrom = (app: string): string =>
  policyYaml(`podSelector: { matchLabels: { app: db } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: ${app} } } }] }]`).replace(
    'name: web,',
    'name: db,',
  );

export const ONE_SIDED: readonly Check[] = [
  {
    id: 'PN012',
    name: 'one-sided-allow',
    severity: 'warning',
    summary: 'A rule allows what the other side’s policies deny',
    why: 'A connection needs the source’s egress and the destination’s ingress. Where one side names the other and that one denies it, somebody expects a connection that does not work, or has forgotten a rule that should be gone.',
    mend: 'allow it on the other side, too, or take the rule out',
    bad: [pod('web'), pod('db'), pod('job'), toDb, dbFrom('job')].join('\n---\n'),
    good: [pod('web'), pod('db'), toDb, dbFrom('web')].join('\n---\n'),
    run: findOneSided,
  },
];

function* findOneSided({ model, reach }: CheckContext): Generator<Sighting> {
  const selected = selectedClasses(model);
  for (const entry of model.policies.values()) {
    const own = selected.get(entry.policy.key) ?? [];
    if (own.length === 0) continue;
    for (const { direction, rule } of listRules(entry)) {
      // Whoever opens to everybody does not expect each of them to come.
      if (rule.peers === undefined || !rule.peers.every(isNarrow)) continue;
      for (const peer of model.classIndex.takenBy(rule.peers)) {
        const refused = judgeOther(model, reach, { direction, rule, own, peer });
        if (refused !== undefined) yield describe(model, entry, direction, rule, peer.workload, refused);
      }
    }
  }
}

function isNarrow(peer: Peer): peer is PodPeer {
  return peer.kind === 'pods' && !isEverything(peer.pods);
}

interface Question {
  readonly direction: Direction;
  readonly rule: Rule;
  readonly own: readonly PodClass[];
  /** The rule takes it in. */
  readonly peer: PodClass;
}

/** One of the rule's own pods to which the peer's policies leave nothing of what the rule allows, if that is so for all of them. */
function judgeOther(model: AuditModel, reach: Reach, { direction, rule, own, peer }: Question): PodClass | undefined {
  const other = direction === 'egress' ? 'ingress' : 'egress';
  if (peer.pod.hostNetwork || model.isolating(peer, other).length === 0) return undefined;
  let refused: PodClass | undefined;
  for (const one of own) {
    if (one === peer) continue;
    // Over any family that both have.
    const addresses = [true, false].flatMap((v4) => (addressOf(peer, v4) === undefined ? [] : (addressOf(one, v4) ?? [])));
    if (addresses.length === 0) continue;
    const offered = portsOfRule(rule, direction === 'egress' ? peer.pod : one.pod);
    if (isEmptyPorts(offered)) continue;
    if (addresses.some((address) => !isEmptyPorts(intersectPorts(offered, reach.side(other, peer, address))))) return undefined;
    refused = one;
  }
  return refused;
}

function describe(model: AuditModel, entry: AuditPolicy, direction: Direction, rule: Rule, peer: Workload, own: PodClass): Sighting {
  const other = direction === 'egress' ? 'ingress' : 'egress';
  const offered = describePorts(portsOfRule(rule, direction === 'egress' ? model.classesOf(peer)[0]?.pod : own.pod));
  const [from, to] = direction === 'egress' ? [own.workload, peer] : [peer, own.workload];
  const isolating = model.classesOf(peer).flatMap((one) => model.isolating(one, other));
  return {
    message: `it allows ${nameWorkload(from)} to reach ${nameWorkload(to)} on ${offered}, but the ${other} policies of ${nameWorkload(peer)} deny all of it`,
    at: entry.place(ruleField(direction, rule)),
    related: [...new Set(isolating)].slice(0, 3).flatMap((policy) => {
      const found = model.policies.get(policy.key);
      return found === undefined ? [] : [{ message: `isolates it for ${other}`, at: found.place() }];
    }),
    key: nameWorkload(peer),
  };
}

function selectedClasses(model: AuditModel): ReadonlyMap<string, readonly PodClass[]> {
  const selected = new Map<string, PodClass[]>();
  for (const one of model.classes) {
    for (const { key } of model.subject(one)?.selectedBy ?? []) {
      const classes = selected.get(key);
      if (classes === undefined) selected.set(key, [one]);
      else classes.push(one);
    }
  }
  return selected;
}
