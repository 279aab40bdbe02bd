/** Policies that are proposed, with the words that stand beside them. */

import type { LabelSelector } from '../../model/labels.ts';
import type { Direction, Protocol } from '../../model/verdict.ts';

export interface PolicyDraft {
  readonly namespace: string;
  readonly name: string;
  readonly podSelector: LabelSelector;
  /** The directions in which it isolates, with what it allows. */
  readonly rules: Readonly<Partial<Record<Direction, readonly RuleDraft[]>>>;
  /** A line each. */
  readonly comments: readonly string[];
}

export interface RuleDraft {
  readonly peers: readonly PeerDraft[];
  readonly ports: readonly PortDraft[];
  readonly comments: readonly string[];
}

export type PeerDraft =
  | { readonly kind: 'pods'; readonly namespace: string; readonly podSelector: LabelSelector }
  /** In the API's text. */
  | { readonly kind: 'block'; readonly cidr: string };

export interface PortDraft {
  readonly protocol: Protocol;
  readonly port: number;
  /** The last port of a range; absent: it is one port. */
  readonly endPort?: number;
}

export interface Suggestion {
  /** By namespace and name. */
  readonly policies: readonly PolicyDraft[];
  /** What a reader should know before applying them. */
  readonly notes: readonly string[];
  /** What was asked for and could not be said from the input: the policies may lack something. */
  readonly lacking: readonly string[];
}
