/** Networks outside of the cluster, as far as policies tell them apart: the regions that their ipBlocks cut, and those that the configuration names. */

import type { Identity } from '../../compiler/members.ts';
import { formatPrefix, MAPPED, parsePrefix, type Prefix } from '../../model/ip.ts';
import { listSome } from '../list-some.ts';
import type { NamedNetwork } from '../input/audit-input.ts';
import type { AuditModel } from './audit-model.ts';
import { liesIn, nestPrefixes } from './nest-prefixes.ts';
import { Reach } from './reach.ts';

export interface OutsideNetwork {
  /** `10.0.0.0/8`, `10.0.0.0/8 without 10.1.0.0/16`, the name that the configuration gives, or `anywhere else`. */
  readonly name: string;
  /** An address belongs to the network that has the longest of them. */
  readonly prefixes: readonly Prefix[];
  readonly identity: Identity;
}

export const ELSEWHERE = 'anywhere else';

export function listOutside(model: AuditModel, named: readonly NamedNetwork[] = []): OutsideNetwork[] {
  const { members, none } = model.compiler.identities;
  const reach = new Reach(model);
  const regions = new Map<Identity, Prefix[]>([[none, []]]);
  for (const member of members.all()) {
    const isPods = member.group !== undefined || member.ownNode;
    if (isPods || (member.edges === 0 && member.length === 128)) continue;
    const { address, length } = member;
    const region = regions.get(member.identity);
    if (region === undefined) regions.set(member.identity, [{ address, length }]);
    else region.push({ address, length });
  }
  const holes = listHoles(regions);
  const outside = [...regions].map(([identity, prefixes]) => {
    const cidrs = prefixes.filter((prefix) => prefix.length > MAPPED.length || prefix.address !== MAPPED.address || identity !== none);
    return { name: identity === none ? ELSEWHERE : nameNetwork(cidrs, holes.get(identity)), prefixes: cidrs, identity };
  });
  return [...named.flatMap((network) => listNamed(network, regions, (prefix) => reach.identityOfRegion(prefix))), ...outside];
}

/** One for each of the regions that a named network lies in: what no policy cuts out of it, and what policies do. */
function listNamed(
  { name, cidrs }: NamedNetwork,
  regions: ReadonlyMap<Identity, readonly Prefix[]>,
  identityOf: (prefix: Prefix) => Identity,
): OutsideNetwork[] {
  const parts = new Map<Identity, Prefix[]>();
  const add = (identity: Identity, prefix: Prefix): void => void parts.set(identity, [...(parts.get(identity) ?? []), prefix]);
  for (const cidr of cidrs.map(parsePrefix)) {
    add(identityOf(cidr), cidr);
    for (const [identity, prefixes] of regions) for (const prefix of prefixes) if (liesIn(prefix, cidr)) add(identity, prefix);
  }
  return [...parts].map(([identity, prefixes]) => ({
    name: parts.size === 1 ? name : `${name} (${nameNetwork(prefixes)})`,
    prefixes,
    identity,
  }));
}

/** What regions lack of their prefixes, because another region has a longer one there. */
function listHoles(regions: ReadonlyMap<Identity, readonly Prefix[]>): ReadonlyMap<Identity, readonly Prefix[]> {
  const owners = new Map([...regions].flatMap(([identity, prefixes]) => prefixes.map((prefix) => [prefix, identity] as const)));
  const inner = nestPrefixes([...owners.keys()]);
  const holesOf = (identity: Identity, prefix: Prefix): Prefix[] => (inner.get(prefix) ?? []).filter((one) => owners.get(one) !== identity);
  return new Map([...regions].map(([identity, prefixes]) => [identity, prefixes.flatMap((prefix) => holesOf(identity, prefix))]));
}

/** `10.0.0.0/8 without 10.1.0.0/16` */
export function nameNetwork(prefixes: readonly Prefix[], holes: readonly Prefix[] = []): string {
  const name = listSome(prefixes.map(formatPrefix).sort(), 3);
  return holes.length === 0 ? name : `${name} without ${listSome(holes.map(formatPrefix), 3)}`;
}
