/**
 * From a NetworkPolicy's JSON to a Policy. A policy that is wrong anywhere isolates its selection and allows nothing: it never widens access, and its
 * outcome depends on the text alone, not on what it said before.
 */

import { objectKey, type NetworkPolicyObject } from '../model/objects.ts';
import type { Direction } from '../model/verdict.ts';
import { FieldReader } from './field-reader.ts';
import { parsePeer, type PeerContext } from './parse-peer.ts';
import { parsePort } from './parse-ports.ts';
import { parseSelector } from './parse-selector.ts';
import type { Policy, Rule } from './policy.ts';

export function parsePolicy(object: NetworkPolicyObject): Policy {
  const key = objectKey(object);
  const name = `NetworkPolicy ${key}`;
  const reader = new FieldReader((field) => object.locate?.(field) ?? { object: name, field });
  const spec = reader.object(object.spec, 'spec', ['podSelector', 'policyTypes', 'ingress', 'egress']);
  // A spec with an unknown field is still read as far as it goes: its selection must be isolated. No spec at all is an empty one, as for the API server.
  const raw = object.spec ?? {};
  const fields = spec ?? (isRecord(raw) ? raw : {});
  const subject = isRecord(raw) ? parseSelector(fields['podSelector'], 'spec.podSelector', reader) : undefined;
  let valid = spec !== undefined && subject !== undefined;
  const invalidate = (): void => {
    valid = false;
  };
  const directions = parseTypes(fields, reader);
  if (!directions.valid) invalidate();
  const context: PeerContext = { namespace: object.namespace, reader, invalidate };
  const ingress = parseRules(fields['ingress'], 'ingress', context);
  const egress = parseRules(fields['egress'], 'egress', context);
  return {
    key,
    namespace: object.namespace,
    uid: object.uid,
    createdAt: object.createdAt,
    subject,
    rules: {
      ingress: directions.ingress ? (valid ? ingress : []) : undefined,
      egress: directions.egress ? (valid ? egress : []) : undefined,
    },
    valid,
    problems: reader.problems,
  };
}

/** Ingress always, and Egress where there are egress rules, unless the types are listed (the API server's SetDefaults_NetworkPolicy). */
function parseTypes(spec: Readonly<Record<string, unknown>>, reader: FieldReader): { ingress: boolean; egress: boolean; valid: boolean } {
  const types = reader.list(spec['policyTypes'], 'spec.policyTypes');
  if (types === undefined) return { ingress: true, egress: true, valid: false };
  if (types.length === 0) {
    const egress = spec['egress'];
    const hasRules = egress !== undefined && egress !== null && !(Array.isArray(egress) && egress.length === 0);
    return { ingress: true, egress: hasRules, valid: true };
  }
  const strange = types.findIndex((type) => type !== 'Ingress' && type !== 'Egress');
  if (strange >= 0) {
    reader.report(`spec.policyTypes[${strange}]`, `unknown policy type ${JSON.stringify(types[strange])}`, 'use Ingress, Egress or both');
    return { ingress: true, egress: true, valid: false };
  }
  return { ingress: types.includes('Ingress'), egress: types.includes('Egress'), valid: true };
}

function parseRules(value: unknown, direction: Direction, context: PeerContext): Rule[] {
  const { reader, invalidate } = context;
  const list = reader.list(value, `spec.${direction}`);
  if (list === undefined) invalidate();
  const peersField = direction === 'ingress' ? 'from' : 'to';
  return (list ?? []).map((entry, index) => {
    const field = `spec.${direction}[${index}]`;
    const rule = reader.entry(entry, field, [peersField, 'ports']);
    const peers = reader.list(rule?.[peersField], `${field}.${peersField}`);
    const ports = reader.list(rule?.['ports'], `${field}.ports`);
    const parsedPorts = ports?.map((port, at) => parsePort(port, `${field}.ports[${at}]`, reader));
    if (rule === undefined || peers === undefined || parsedPorts === undefined || parsedPorts.includes(undefined)) invalidate();
    const parsedPeers = (peers ?? []).map((peer, at) => parsePeer(peer, `${field}.${peersField}[${at}]`, context));
    return {
      index,
      peers: peers?.length === 0 ? undefined : parsedPeers.filter((peer) => peer !== undefined),
      ports: parsedPorts?.length === 0 ? undefined : (parsedPorts ?? []).filter((port) => port !== undefined),
    };
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
