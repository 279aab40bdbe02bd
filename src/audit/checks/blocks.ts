/** ipBlocks: exceptions that do nothing, and blocks that take in addresses of the cluster itself. */

import { formatPrefix, isIPv4, MAPPED, parsePrefix, prefixContains, type Address, type Prefix } from '../../model/ip.ts';
import type { Direction } from '../../model/verdict.ts';
import type { AuditModel, AuditPolicy } from '../model/audit-model.ts';
import { ADDRESS_KINDS, findInBlock } from '../model/known-addresses.ts';
import { containsPrefix, takesIn, type Block } from '../model/prefix-set.ts';
import { DEFAULT_POD_NETWORKS } from '../model/stand-in-addresses.ts';
import { listPeers, listRules, peerField, rawPeers } from './fields.ts';
import { policyYaml } from './policy-yaml.ts';
import type { Check, CheckContext, Sighting } from './check.ts';

const block = (text: string): string => policyYaml(`podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ ipBlock: ${text} }] }]`);

export const BLOCKS: readonly Check[] = [
  {
    id: 'PN020',
    name: 'except-outside-cidr',
    severity: 'warning',
    summary: 'An except lies outside of its cidr, or covers all of it',
    why: 'An except narrows its own cidr and nothing else. Outside of it, it does nothing; the API server refuses it. One that covers the cidr leaves nothing of the block.',
    mend: 'write an except that is a part of the cidr, or take it out',
    bad: block('{ cidr: 10.0.0.0/8, except: [192.168.0.0/16] }'),
    good: block('{ cidr: 10.0.0.0/8, except: [10.1.0.0/16] }'),
    run: findStrayExcepts,
  },
  {
    id: 'PN021',
    name: 'except-without-effect',
    severity: 'note',
    summary: 'An except lies within another except of its block',
    why: 'What the wider except takes out is out already. Whoever reads the narrower one will think that it matters.',
    mend: 'take the narrower except out',
    bad: block('{ cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.1.2.0/24] }'),
    good: block('{ cidr: 10.0.0.0/8, except: [10.1.0.0/16] }'),
    run: findNestedExcepts,
  },
  {
    id: 'PN022',
    name: 'block-covers-cluster',
    severity: 'note',
    summary: 'An ipBlock takes in addresses of pods, Services or nodes',
    why: 'ipBlocks are meant for networks outside of the cluster. Pods’ addresses change, and plugins differ: some never match pods by ipBlock, some match a Service’s address before it is rewritten, some see a node’s address in place of the client’s.',
    mend: 'except the cluster’s own networks, and name pods by selectors in a rule of their own',
    bad: `${block('{ cidr: 10.0.0.0/8 }')}\n---\napiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { clusterIP: 10.96.0.7, ports: [{ port: 80 }] }`,
    good: `${block('{ cidr: 10.0.0.0/8, except: [10.96.0.0/12] }')}\n---\napiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { clusterIP: 10.96.0.7, ports: [{ port: 80 }] }`,
    run: findClusterBlocks,
  },
];

interface Excepts {
  readonly cidr: Prefix;
  readonly excepts: readonly { readonly prefix: Prefix; readonly field: string }[];
  readonly entry: AuditPolicy;
}

/** As written, also those that came to nothing. Of policies that could be read. */
function* listExcepts(model: AuditModel): Generator<Excepts> {
  for (const entry of model.policies.values()) {
    if (!entry.policy.valid) continue;
    for (const { direction, rule } of listRules(entry)) {
      for (const [index, raw] of rawPeers(entry, direction, rule).entries()) {
        const ipBlock = (raw as { ipBlock?: { cidr: string; except?: readonly string[] | null } } | null)?.ipBlock;
        if (ipBlock === undefined || ipBlock === null) continue;
        const field = `${peerField(direction, rule, index)}.ipBlock.except`;
        const excepts = (ipBlock.except ?? []).map((text, at) => ({ prefix: parsePrefix(text), field: `${field}[${at}]` }));
        yield { cidr: parsePrefix(ipBlock.cidr), excepts, entry };
      }
    }
  }
}

function* findStrayExcepts({ model }: CheckContext): Generator<Sighting> {
  for (const { cidr, excepts, entry } of listExcepts(model)) {
    for (const { prefix, field } of excepts) {
      if (containsPrefix(cidr, prefix) && prefix.length > cidr.length) continue;
      const names = formatPrefix(prefix);
      const message = containsPrefix(prefix, cidr)
        ? `the except ${names} covers all of ${formatPrefix(cidr)}: the block matches nothing`
        : `the except ${names} is no part of ${formatPrefix(cidr)} and does nothing`;
      yield { message, at: entry.place(field), key: names };
    }
  }
}

function* findNestedExcepts({ model }: CheckContext): Generator<Sighting> {
  for (const { excepts, entry } of listExcepts(model)) {
    for (const [index, { prefix, field }] of excepts.entries()) {
      const wider = excepts.find(
        (other, at) => at !== index && containsPrefix(other.prefix, prefix) && (other.prefix.length < prefix.length || at < index),
      );
      if (wider === undefined) continue;
      yield {
        message: `the except ${formatPrefix(prefix)} lies within the except ${formatPrefix(wider.prefix)} and does nothing`,
        at: entry.place(field),
        key: formatPrefix(prefix),
      };
    }
  }
}

function* findClusterBlocks({ model }: CheckContext): Generator<Sighting> {
  for (const entry of model.policies.values()) {
    for (const { direction, rule, index, peer } of listPeers(entry)) {
      // The whole world is another check's.
      if (peer.kind !== 'block' || isOpenWorld(model, direction, peer)) continue;
      // Nodes may well have addresses in the internet.
      const kinds = isWorld(peer.cidr) ? (['pods', 'services'] as const) : ADDRESS_KINDS;
      const found = kinds.flatMap((kind) => {
        const name = findInBlock(model, kind, peer);
        return name === undefined ? [] : [`${kind === 'services' ? 'Services' : kind} (${name})`];
      });
      if (found.length === 0) continue;
      yield {
        message: `${formatPrefix(peer.cidr)} takes in addresses of ${found.join(', ')}`,
        at: entry.place(`${peerField(direction, rule, index)}.ipBlock`),
        key: formatPrefix(peer.cidr),
      };
    }
  }
}

export function isInBlock({ cidr, except }: Block, address: Address): boolean {
  return prefixContains(cidr, address) && !except.some((hole) => prefixContains(hole, address));
}

/**
 * Whether it means the whole world, but for some exceptions. Into a pod the internet may come whatever else is taken out; what pods may reach is narrower
 * without the pods' own network.
 */
export function isOpenWorld({ networks }: AuditModel, direction: Direction, peer: Block): boolean {
  if (!isWorld(peer.cidr)) return false;
  if (direction === 'ingress') return true;
  const ofFamily = ({ address }: Prefix): boolean => isIPv4(address) === isIPv4(peer.cidr.address);
  const told = networks.pods.filter(ofFamily);
  return (told.length > 0 ? told : DEFAULT_POD_NETWORKS.map(parsePrefix).filter(ofFamily)).some((network) => takesIn(peer, network));
}

/** The shortest that a network of an organization has is 8; halves are how all of it is written past a check, and 2000::/3 is IPv6's internet. */
const SHORTEST = { v4: 1, v6: 3 };

/** 0.0.0.0/0 or ::/0, or as good as that. */
export function isWorld({ address, length }: Prefix): boolean {
  return isIPv4(address) && length >= MAPPED.length ? length <= MAPPED.length + SHORTEST.v4 : length <= SHORTEST.v6;
}
