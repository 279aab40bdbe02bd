/** All cases of the semantics about Services and what else is rewritten. */

import type { ConformanceCase } from '../../case.ts';
import { CLUSTER_ADDRESS_SEMANTICS } from './cluster-address.ts';
import { OUTSIDE_ADDRESS_SEMANTICS } from './outside-addresses.ts';

export const SERVICE_SEMANTICS: readonly ConformanceCase[] = [...CLUSTER_ADDRESS_SEMANTICS, ...OUTSIDE_ADDRESS_SEMANTICS];
