/** The kernel's own connection tracking in a node's namespace. */

import type { NetworkNamespace } from '../../native/support/network-namespace.ts';

const TABLE = 'postern_track';

/** A rule that asks for it turns it on; it drops nothing. */
export function trackConnections(netns: NetworkNamespace): void {
  const chain = 'chain forward { type filter hook forward priority filter\nct state new accept\n}';
  netns.run('nft', ['-f', '-'], `table inet ${TABLE} {\n${chain}\n}`);
}

/** As `conntrack -F`. */
export function flushTracked(netns: NetworkNamespace): void {
  netns.runScript(new URL('../scenarios/flush-tracked.ts', import.meta.url));
}

/** How many connections the kernel knows. */
export function countTracked(netns: NetworkNamespace): number {
  return netns.runScript(new URL('../scenarios/count-tracked.ts', import.meta.url));
}
