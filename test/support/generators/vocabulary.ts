/** The small sets of names and addresses that generated clusters draw from: small, so that selectors, blocks and names often meet. */

import { nodeAddressesOf, podAddressPool } from './address-pool.ts';

export const NAMESPACES = ['red', 'green', 'blue'] as const;
export const POD_NAMES = ['a', 'b', 'c', 'd'] as const;
export const POLICY_NAMES = ['p', 'q', 'r'] as const;
export const NODES = ['node-1', 'node-2'] as const;

export const LABEL_KEYS = ['app', 'tier', 'zone'] as const;
export const LABEL_VALUES = ['web', 'db', ''] as const;

export const PORT_NAMES = ['http', 'metrics', 'dns-tcp'] as const;
/** Neighbours, so that ranges end beside ports that are probed. */
export const PORTS = [1, 53, 79, 80, 81, 443, 8080, 32767, 32768, 65534, 65535] as const;

export const POD_ADDRESSES = podAddressPool();
export const NODE_ADDRESSES: Readonly<Record<string, readonly [string, string]>> = Object.fromEntries(
  NODES.map((name, index) => [name, nodeAddressesOf(index + 1)]),
);

/** Outside the cluster; the last two of each family touch the edges of the whole address space. */
export const STRANGERS = {
  4: ['198.51.100.7', '203.0.113.255', '0.0.0.1', '255.255.255.254'],
  6: ['2001:db8::7', '2001:db8:ffff::1', '::1:0:1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe'],
} as const;

/** Nested, neighbouring, single addresses, with host bits set, and everything. */
export const BLOCKS = {
  4: [
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.0.1.0/24',
    '10.0.1.0/30',
    '10.0.1.2/31',
    '10.0.1.3/32',
    '10.0.1.9/29',
    '10.0.2.0/24',
    '128.0.0.0/1',
    '198.51.100.0/24',
  ],
  6: [
    '::/0',
    'fd00::/8',
    'fd00:0:0:1::/64',
    'fd00:0:0:1::/126',
    'fd00:0:0:1::2/127',
    'fd00:0:0:1::3/128',
    'fd00:0:0:1::9/125',
    '8000::/1',
    '2001:db8::/32',
  ],
} as const;
