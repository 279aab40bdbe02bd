/** What `.postern.yaml` can say. */

import type { Location } from '../../model/error.ts';
import type { Severity } from '../finding.ts';
import type { NamedNetwork } from '../input/audit-input.ts';

export const CONFIG_NAME = '.postern.yaml';

export interface IgnoreRule {
  readonly check: string;
  /** `Deployment shop/web`, `shop/*`, `web`, `*`: see `matchesObject`. */
  readonly object: string;
  readonly namespace?: string;
  readonly reason: string;
  /** The last day on which it holds, `2026-12-31`. */
  readonly expires?: string;
  readonly at: Location;
}

export interface AuditConfig {
  /** By id of the check. */
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
  readonly ignores: readonly IgnoreRule[];
  readonly networks: readonly NamedNetwork[];
  /** Of the cluster, where the input does not tell them. */
  readonly podCIDRs: readonly string[];
  readonly serviceCIDRs: readonly string[];
  readonly nodeCIDRs: readonly string[];
}

export const EMPTY_CONFIG: AuditConfig = { severities: {}, ignores: [], networks: [], podCIDRs: [], serviceCIDRs: [], nodeCIDRs: [] };
