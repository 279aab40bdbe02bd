/** The configuration of an audit, as the options name it. */

import { CATALOGUE } from '../audit/checks/catalogue.ts';
import type { AuditConfig } from '../audit/config/audit-config.ts';
import { findConfig } from '../audit/config/find-config.ts';
import { formatError } from '../model/error.ts';
import type { ConfigFlags } from './audit-options.ts';
import { tell } from './tell.ts';

/** Throws `E_CONFIG`: a configuration that is wrong in part is not used in part. All that is wrong is told, the last by what is thrown. */
export function readConfig({ config: file }: ConfigFlags): AuditConfig {
  const { config, problems } = findConfig({ ...(file === undefined ? {} : { file }), checks: CATALOGUE.map(({ id }) => id) });
  for (const problem of problems.slice(0, -1)) tell(formatError(problem));
  const last = problems.at(-1);
  if (last !== undefined) throw last;
  return config;
}
