/** All checks, by their ids. */

import type { Check } from './check.ts';
import { DEAD_SELECTORS } from './dead-selectors.ts';
import { ISOLATION } from './isolation.ts';

export const CATALOGUE: readonly Check[] = [...ISOLATION, ...DEAD_SELECTORS];
