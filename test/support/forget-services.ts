/** The operations that take a compiler's frontends and local pods out of the kernel again, one by one: to go through their tables takes longer than most tests. */

import type { Compiler } from '../../src/compiler/compiler.ts';
import type { Operation } from '../../src/model/plan.ts';

export function forgetServices(compiler: Compiler): Operation[] {
  const put = [...compiler.desired('put-frontend'), ...compiler.desired('put-local-pod')];
  return put.flatMap((row): Operation[] => {
    if (row?.op === 'put-frontend') return [{ op: 'delete-frontend', frontend: row.frontend }];
    return row?.op === 'put-local-pod' ? [{ op: 'delete-local-pod', address: row.address }] : [];
  });
}
