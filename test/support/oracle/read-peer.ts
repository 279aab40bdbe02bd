/** Peers of a rule (networking/v1 NetworkPolicyPeer): reading them. */

import { parsePrefix } from '../../../src/model/ip.ts';
import type { Prefix } from '../../../src/model/ip.ts';
import type { LabelSelector } from '../../../src/model/labels.ts';
import { check, isObject, note, optional, readList, readObject } from './read.ts';
import type { Report } from './read.ts';
import { readSelector } from './read-selector.ts';

export type Peer =
  /** Without a namespaceSelector: pods of the policy's own namespace. Without a podSelector: all pods there. */
  | { readonly kind: 'pods'; readonly podSelector: LabelSelector | undefined; readonly namespaceSelector: LabelSelector | undefined }
  | { readonly kind: 'block'; readonly cidr: Prefix; readonly except: readonly Prefix[] }
  | { readonly kind: 'nothing' };

const NOTHING: Peer = { kind: 'nothing' };

/** A peer that is empty, of an unknown kind or of two kinds matches nothing, and the rest of its policy still holds. */
export function readPeer(report: Report, field: string, value: unknown): Peer {
  if (!check(report, field, isObject(value), 'must be an object')) return NOTHING;
  const peer = value as Readonly<Record<string, unknown>>;
  const kinds = Object.keys(peer)
    .filter((name) => optional(peer[name]) !== undefined)
    .toSorted()
    .join(' ');
  switch (kinds) {
    case 'podSelector':
    case 'namespaceSelector':
    case 'namespaceSelector podSelector':
      return readPods(report, field, peer);
    case 'ipBlock':
      return readBlock(report, `${field}.ipBlock`, peer['ipBlock']);
    default:
      note(report, field, kinds === '' ? 'an empty peer matches nothing' : `a peer with ${kinds} is of no known kind and matches nothing`);
      return NOTHING;
  }
}

function readPods(report: Report, field: string, peer: Readonly<Record<string, unknown>>): Peer {
  const read = (name: string): LabelSelector | undefined => {
    const selector = optional(peer[name]);
    return selector === undefined ? undefined : readSelector(report, `${field}.${name}`, selector);
  };
  return { kind: 'pods', podSelector: read('podSelector'), namespaceSelector: read('namespaceSelector') };
}

function readBlock(report: Report, field: string, value: unknown): Peer {
  const block = readObject(report, field, value, ['cidr', 'except']);
  const cidr = readPrefix(report, `${field}.cidr`, block?.['cidr']);
  const except = readList(report, `${field}.except`, block?.['except'], (at, item) => readPrefix(report, at, item));
  if (cidr === undefined) return NOTHING;
  return { kind: 'block', cidr, except: except.filter((prefix) => prefix !== undefined) };
}

function readPrefix(report: Report, field: string, value: unknown): Prefix | undefined {
  if (!check(report, field, typeof value === 'string', 'must be a CIDR')) return undefined;
  try {
    return parsePrefix(value as string);
  } catch (error) {
    check(report, field, false, String(error));
    return undefined;
  }
}
