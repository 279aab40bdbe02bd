/** All 48 cases of the upstream Kubernetes network policy suite, in its order. */

import type { ConformanceCase } from '../case.ts';
import { CHANGE_CASES } from './changes.ts';
import { DIRECTION_CASES } from './directions.ts';
import { EGRESS_CASES } from './egress.ts';
import { PEER_CASES } from './peers.ts';
import { PORT_CASES } from './ports.ts';
import { PROTOCOL_CASES } from './protocols.ts';

export const UPSTREAM_CASES: readonly ConformanceCase[] = [
  ...PEER_CASES,
  ...PORT_CASES,
  ...PROTOCOL_CASES,
  ...DIRECTION_CASES,
  ...EGRESS_CASES,
  ...CHANGE_CASES,
].toSorted((a, b) => (a.upstream ?? 0) - (b.upstream ?? 0));
