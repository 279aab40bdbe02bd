/** Who is at an end of an assertion: pods that no policy tells apart, or a region of addresses outside. */

import { formatAddress, formatPrefix, MAPPED } from '../../model/ip.ts';
import type { PodClass } from '../model/audit-model.ts';
import { describeClass } from '../model/class-name.ts';
import { workloadId } from '../model/workload-id.ts';
import type { Region } from './address-regions.ts';

export type AssertedParty = { readonly kind: 'pods'; readonly pods: PodClass } | { readonly kind: 'outside'; readonly region: Region };

export function describeParty(party: AssertedParty, several: (pods: PodClass) => boolean): string {
  if (party.kind === 'outside') return describeRegion(party.region);
  const name = workloadId(party.pods.workload);
  return several(party.pods) ? `${name} (${describeClass(party.pods)})` : name;
}

/** One address of it is named, too: it is what an explanation is about. */
function describeRegion({ prefix, sample }: Region): string {
  const address = formatAddress(sample);
  if (prefix.length === 128) return address;
  if (prefix.length === 0) return `any other IPv6 address (such as ${address})`;
  return prefix.address === MAPPED.address && prefix.length === MAPPED.length
    ? `any other IPv4 address (such as ${address})`
    : `${formatPrefix(prefix)} (such as ${address})`;
}
