/** Where metrics and health are served: `ADDRESS:PORT`, `[IPV6]:PORT`. */

import { isIP } from 'node:net';

export interface ListenAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

const BRACKETED = /^\[(?<host>[^\]]+)\]:(?<port>\d+)$/;
const PLAIN = /^(?<host>[^:]+):(?<port>\d+)$/;

/** `undefined` where it is no such thing. Names are not looked up. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const { host = '', port = '' } = (BRACKETED.exec(text) ?? PLAIN.exec(text))?.groups ?? {};
  const family = text.startsWith('[') ? 6 : 4;
  if (isIP(host) !== family || Number(port) > 65_535) return undefined;
  return { host, port: Number(port) };
}
