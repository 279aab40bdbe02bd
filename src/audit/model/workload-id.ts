/** How reports name a workload: `shop/Deployment/web`. */

import type { Workload } from '../input/audit-input.ts';

export function workloadId({ namespace, kind, name }: Pick<Workload, 'namespace' | 'kind' | 'name'>): string {
  return `${namespace}/${kind}/${name}`;
}
