/** A port as users of `lab probe` name it: `80`, `53/udp`, or a port's name. */

import { PosternError } from '../../model/error.ts';
import type { Protocol } from '../../model/verdict.ts';

export type PortWish =
  | { readonly kind: 'number'; readonly protocol: Protocol; readonly port: number }
  | { readonly kind: 'name'; readonly name: string };

/** TCP unless it says otherwise. `E_LAB_PORT` for a number that is no port. */
export function readPortWish(text: string): PortWish {
  const number = /^(\d+)(?:\/(tcp|udp|sctp))?$/i.exec(text);
  if (number === null) return { kind: 'name', name: text };
  const port = Number(number[1]);
  if (port >= 1 && port <= 65535) return { kind: 'number', protocol: (number[2] ?? 'tcp').toUpperCase() as Protocol, port };
  throw new PosternError('E_LAB_PORT', `"${text}" is not a port`, { mend: 'write 80, 53/udp or the name of a port' });
}

export function matchesPort(wish: PortWish, port: { readonly name?: string; readonly protocol: Protocol; readonly port: number }): boolean {
  return wish.kind === 'name' ? port.name === wish.name : port.protocol === wish.protocol && port.port === wish.port;
}
