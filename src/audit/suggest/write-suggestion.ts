/** Suggested policies as YAML that applies as it is, with comments that say what stands behind each rule. */

import { Document, isNode, type ToStringOptions } from 'yaml';
import { NAMESPACE_NAME_LABEL, type Labels, type LabelSelector } from '../../model/labels.ts';
import { DIRECTIONS } from '../../model/verdict.ts';
import { printableText } from '../report/printable-text.ts';
import type { PeerDraft, PolicyDraft, RuleDraft, Suggestion } from './suggestion.ts';

/** kubectl reads YAML 1.1, where `on` is a boolean and `12:30` a number. */
const OPTIONS = { compat: 'yaml-1.1', aliasDuplicateObjects: false } as const;
const TEXT_OPTIONS: ToStringOptions = { lineWidth: 0 };
const TYPES = { ingress: 'Ingress', egress: 'Egress' } as const;
const PEERS = { ingress: 'from', egress: 'to' } as const;

/** `title` is the first line. Ends with a new line. */
export function writeSuggestion(title: string, { policies, notes, lacking }: Suggestion): string {
  const head = [title, ...lacking, ...notes, ...(policies.length === 0 ? ['there is nothing to suggest'] : [])].map(comment);
  return [`${head.join('\n')}\n`, ...policies.map(writePolicy)].join('---\n');
}

function writePolicy(draft: PolicyDraft): string {
  const { namespace, name, podSelector, rules, comments } = draft;
  const directions = DIRECTIONS.filter((direction) => rules[direction] !== undefined);
  const document = new Document(
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name, namespace },
      spec: {
        podSelector: plainSelector(podSelector),
        policyTypes: directions.map((direction) => TYPES[direction]),
        ...Object.fromEntries(
          directions.flatMap((direction) => {
            const written = (rules[direction] ?? []).map((rule) => plainRule(rule, PEERS[direction], namespace));
            // Without rules the type alone denies everything.
            return written.length === 0 ? [] : [[direction, written]];
          }),
        ),
      },
    },
    OPTIONS,
  );
  for (const direction of directions) {
    for (const [index, rule] of (rules[direction] ?? []).entries()) {
      const node = document.getIn(['spec', direction, index], true);
      if (isNode(node)) node.commentBefore = rule.comments.map((line) => ` ${printableText(line)}`).join('\n');
    }
  }
  return `${comments.map((line) => `${comment(line)}\n`).join('')}${document.toString(TEXT_OPTIONS)}`;
}

function comment(line: string): string {
  return `# ${printableText(line)}`;
}

function plainRule({ peers, ports }: RuleDraft, word: 'from' | 'to', namespace: string): object {
  return { [word]: peers.map((peer) => plainPeer(peer, namespace)), ...(ports.length === 0 ? {} : { ports }) };
}

function plainPeer(peer: PeerDraft, own: string): object {
  if (peer.kind === 'block') return { ipBlock: { cidr: peer.cidr } };
  const pods = { podSelector: plainSelector(peer.podSelector) };
  return peer.namespace === own ? pods : { namespaceSelector: { matchLabels: { [NAMESPACE_NAME_LABEL]: peer.namespace } }, ...pods };
}

/** A selector without demands is `{}`. */
function plainSelector({ matchLabels = {}, matchExpressions = [] }: LabelSelector): object {
  return {
    ...(Object.keys(matchLabels).length === 0 ? {} : { matchLabels: ownProperties(matchLabels) }),
    ...(matchExpressions.length === 0 ? {} : { matchExpressions }),
  };
}

/** A map, since a key may be called `__proto__`. */
function ownProperties(labels: Labels): ReadonlyMap<string, string> {
  return new Map(Object.entries(labels));
}
