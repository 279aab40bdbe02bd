/** Sets of ports as every JSON output has them. */

import { PROTOCOLS, type Protocol } from '../../model/verdict.ts';
import type { Ports } from '../../policy/ports.ts';

/** Inclusive ranges. */
export type JsonPorts = 'all' | readonly { readonly protocol: Protocol; readonly first: number; readonly last: number }[];

export function portsJson(ports: Ports): JsonPorts {
  return ports === 'all' ? 'all' : PROTOCOLS.flatMap((protocol) => ports[protocol].map(({ first, last }) => ({ protocol, first, last })));
}
