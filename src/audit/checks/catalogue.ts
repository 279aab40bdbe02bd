/** All checks, by their ids. */

import { BLOCKS } from './blocks.ts';
import type { Check } from './check.ts';
import { DEAD_SELECTORS } from './dead-selectors.ts';
import { DIVERGENCE } from './divergence.ts';
import { DNS } from './dns.ts';
import { ISOLATION } from './isolation.ts';
import { ONE_SIDED } from './one-sided.ts';
import { OPENNESS } from './openness.ts';
import { POLICY_SHAPE } from './policy-shape.ts';
import { PORTS } from './ports.ts';
import { REDUNDANCY } from './redundancy.ts';
import { ROUTES } from './routes.ts';

export const CATALOGUE: readonly Check[] = [
  ...ISOLATION,
  ...DEAD_SELECTORS,
  ...REDUNDANCY,
  ...OPENNESS,
  ...ONE_SIDED,
  ...DIVERGENCE,
  ...DNS,
  ...POLICY_SHAPE,
  ...PORTS,
  ...BLOCKS,
  ...ROUTES,
].toSorted((a, b) => (a.id < b.id ? -1 : 1));
