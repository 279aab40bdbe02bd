/** At least one case for each row of the semantics that policy alone decides, named by the row's words. Services: `services/all.ts`. */

import type { ConformanceCase } from '../case.ts';
import { BLOCK_SEMANTICS } from './semantics-blocks.ts';
import { DIRECTION_SEMANTICS } from './semantics-directions.ts';
import { IDENTITY_SEMANTICS } from './semantics-identity.ts';
import { INVALID_SEMANTICS } from './semantics-invalid.ts';
import { PEER_SEMANTICS } from './semantics-peers.ts';
import { PORT_SEMANTICS } from './semantics-ports.ts';

export const SEMANTICS_CASES: readonly ConformanceCase[] = [
  ...DIRECTION_SEMANTICS,
  ...PEER_SEMANTICS,
  ...PORT_SEMANTICS,
  ...BLOCK_SEMANTICS,
  ...INVALID_SEMANTICS,
  ...IDENTITY_SEMANTICS,
];
