/** A NetworkPolicy as the compiler reads it: every default filled in, every peer and port checked. */

import type { PosternError } from '../model/error.ts';
import type { Prefix } from '../model/ip.ts';
import type { LabelSelector } from '../model/labels.ts';
import type { Direction, Protocol } from '../model/verdict.ts';

export type Peer =
  | {
      readonly kind: 'pods';
      /** Fixed namespace (a podSelector alone), or a selector over namespaces. */
      readonly namespaces: { readonly name: string } | { readonly selector: LabelSelector };
      readonly pods: LabelSelector;
    }
  | {
      readonly kind: 'block';
      readonly cidr: Prefix;
      /** Only those inside the cidr; an except that covers the whole cidr leaves no block at all. */
      readonly except: readonly Prefix[];
    };

export type PortRule =
  /** Inclusive; 0 … 65535 stands for every port of the protocol. */
  { readonly protocol: Protocol; readonly first: number; readonly last: number } | { readonly protocol: Protocol; readonly name: string };

export interface Rule {
  /** Position in the manifest, from 0. */
  readonly index: number;
  /** `undefined`: any peer. Empty: none (every peer of the rule was of a kind that matches nothing). */
  readonly peers: readonly Peer[] | undefined;
  /** `undefined`: every protocol and port. */
  readonly ports: readonly PortRule[] | undefined;
}

export interface Policy {
  /** `namespace/name` */
  readonly key: string;
  readonly namespace: string;
  readonly uid: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** `undefined` where it cannot be read: then the policy selects nothing. */
  readonly subject: LabelSelector | undefined;
  /** Rules by direction; `undefined`: the policy does not isolate in that direction. */
  readonly rules: Readonly<Record<Direction, readonly Rule[] | undefined>>;
  /** False: the policy isolates its selection and allows nothing. */
  readonly valid: boolean;
  readonly problems: readonly PosternError[];
}
