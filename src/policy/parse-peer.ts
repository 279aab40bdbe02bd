/** Peers of a rule. One of an unknown or mixed kind matches nothing, never any: it is reported and left out. */

import { PosternError } from '../model/error.ts';
import { isIPv4, parsePrefix, prefixContains, type Prefix } from '../model/ip.ts';
import type { FieldReader } from './field-reader.ts';
import { describe } from './field-reader.ts';
import { parseSelector } from './parse-selector.ts';
import type { Peer } from './policy.ts';

export interface PeerContext {
  readonly namespace: string;
  readonly reader: FieldReader;
  /** Makes the whole policy invalid. */
  readonly invalidate: () => void;
}

/** `undefined` for a peer that matches nothing. */
export function parsePeer(value: unknown, field: string, context: PeerContext): Peer | undefined {
  const { reader } = context;
  const mend = 'give podSelector, namespaceSelector or both, or ipBlock alone';
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    context.invalidate();
    return reader.report(field, `expected a peer, found ${describe(value)}`, mend);
  }
  const peer = value as Readonly<Record<string, unknown>>;
  const given = Object.keys(peer).filter((key) => peer[key] !== undefined && peer[key] !== null);
  const strange = given.find((key) => !['podSelector', 'namespaceSelector', 'ipBlock'].includes(key));
  if (strange !== undefined) return reader.report(`${field}.${strange}`, `unknown kind of peer "${strange}": it matches nothing`, mend);
  if (given.length === 0) return reader.report(field, 'an empty peer matches nothing', mend);
  if (!given.includes('ipBlock')) return parsePodPeer(peer, field, context);
  if (given.length > 1) return reader.report(field, 'ipBlock beside selectors matches nothing', mend);
  return parseBlock(peer['ipBlock'], `${field}.ipBlock`, context);
}

function parsePodPeer(peer: Readonly<Record<string, unknown>>, field: string, context: PeerContext): Peer | undefined {
  const pods = parseSelector(peer['podSelector'], `${field}.podSelector`, context.reader);
  const given = peer['namespaceSelector'] !== undefined && peer['namespaceSelector'] !== null;
  const selector = given ? parseSelector(peer['namespaceSelector'], `${field}.namespaceSelector`, context.reader) : {};
  if (pods === undefined || selector === undefined) {
    context.invalidate();
    return undefined;
  }
  return { kind: 'pods', namespaces: given ? { selector } : { name: context.namespace }, pods };
}

function parseBlock(value: unknown, field: string, context: PeerContext): Peer | undefined {
  const { reader } = context;
  const object = reader.object(value, field, ['cidr', 'except']);
  const cidr = object === undefined ? undefined : parseCidr(object['cidr'], `${field}.cidr`, reader);
  const list = object === undefined ? undefined : reader.list(object['except'], `${field}.except`);
  const except = list?.map((entry, index) => parseCidr(entry, `${field}.except[${index}]`, reader));
  if (cidr === undefined || except === undefined || except.includes(undefined)) {
    context.invalidate();
    return undefined;
  }
  const holes = except.filter((hole) => hole !== undefined && isIPv4(hole.address) === isIPv4(cidr.address)) as Prefix[];
  // An except that covers the cidr takes it all away; one outside has no effect (audit warns of both).
  if (holes.some((hole) => hole.length <= cidr.length && prefixContains(hole, cidr.address))) return undefined;
  return { kind: 'block', cidr, except: holes.filter((hole) => hole.length > cidr.length && prefixContains(cidr, hole.address)) };
}

function parseCidr(value: unknown, field: string, reader: FieldReader): Prefix | undefined {
  const text = reader.string(value, field);
  if (text === undefined) return undefined;
  try {
    return parsePrefix(text);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    return reader.report(field, error.message, error.mend ?? '');
  }
}
