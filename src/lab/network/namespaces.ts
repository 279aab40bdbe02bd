/** Network namespaces by name: make them, set their kernel switches, find a lab's, remove them. */

import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NETNS_DIR, NETNS_MARK } from '../state/lab-paths.ts';
import { runChecked, runCommand } from '../processes/run-command.ts';

export type NamespaceRole = 'fabric' | 'node' | 'pod';

/** The lab's folder exists. */
export async function makeNamespaces(names: readonly string[]): Promise<void> {
  if (!isMounted(NETNS_DIR)) writeFileSync(NETNS_MARK, '');
  await runBatch(names.map((name) => `netns add ${name}`));
}

/** Those that are not there are passed over. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const there = names.filter((name) => existsSync(join(NETNS_DIR, name)));
  if (there.length === 0) return;
  await runCommand(['ip', '-force', '-batch', '-'], { input: there.map((name) => `netns del ${name}\n`).join('') });
}

export function listNamespaces(prefix: string): string[] {
  try {
    return readdirSync(NETNS_DIR).filter((name) => name.startsWith(prefix));
  } catch {
    return [];
  }
}

/** Undefined where the name is missing, or only half made: then it is a plain file and no namespace. */
export function namespaceInode(name: string): number | undefined {
  try {
    const stat = statSync(join(NETNS_DIR, name));
    return stat.dev === statSync('/proc/self/ns/net').dev ? stat.ino : undefined;
  } catch {
    return undefined;
  }
}

/** Undo iproute2's own mount of its folder, where a lab was the first to need it and nobody does any more. */
export async function forgetNamespaceFolder(): Promise<void> {
  if (!existsSync(NETNS_MARK)) return;
  rmSync(NETNS_MARK);
  if (readdirSync(NETNS_DIR).length > 0) return;
  await runCommand(['umount', NETNS_DIR]);
  try {
    rmdirSync(NETNS_DIR);
  } catch {
    // Somebody has just made a namespace: the folder is theirs now.
  }
}

function isMounted(path: string): boolean {
  return readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${path} `);
}

/** Lines for `ip -batch`, in the machine's namespace or inside a named one. */
export async function runBatch(lines: readonly string[], netns?: string): Promise<void> {
  if (lines.length === 0) return;
  const input = lines.map((line) => `${line}\n`).join('');
  await runChecked(netns === undefined ? ['ip', '-batch', '-'] : ['ip', '-n', netns, '-batch', '-'], { input });
}

/** Set the switches and bring `lo` up. Must come before the first interface: an interface inherits `default` when it is made. */
export async function configureNamespace(netns: string, role: NamespaceRole): Promise<void> {
  const writes = Object.entries(switchesOf(role)).map(([key, value]) => `w ${value} ${key}`);
  // Where the kernel has no IPv6 or no br_netfilter the file is missing; status says so, and the rest still works.
  const script = ['w() { [ ! -e /proc/sys/net/$2 ] || echo $1 > /proc/sys/net/$2; }', 'set -e', ...writes, 'ip link set lo up'];
  await runChecked(['sh', '-c', script.join('\n')], { netns });
}

/**
 * Wait until every IPv6 address of the namespace answers. The kernel joins an address's multicast group a little after it was added; a neighbour
 * that asks for it before is asked to wait for a second. An address added with `nodad` would not show that it is not ready.
 */
export async function awaitAddresses(netns: string): Promise<void> {
  const script = 'for i in $(seq 250); do [ -z "$(ip -6 -oneline address show tentative)" ] && exit 0; sleep 0.02; done';
  await runChecked(['sh', '-c', script], { netns });
}

/** /proc/sys/net shows the namespace of the process that looks. */
function switchesOf(role: NamespaceRole): Readonly<Record<string, number>> {
  const everywhere = {
    'ipv6/conf/all/disable_ipv6': 0,
    'ipv6/conf/default/disable_ipv6': 0,
    // Duplicate address detection would keep every IPv6 address unusable for a second or two.
    'ipv6/conf/all/accept_dad': 0,
    'ipv6/conf/default/accept_dad': 0,
    'ipv6/conf/default/dad_transmits': 0,
    'ipv6/conf/default/accept_ra': 0,
    'ipv4/conf/all/rp_filter': 0,
    'ipv4/conf/default/rp_filter': 0,
    // A refusal is an answer: with the kernel's limits the seventh in a row would be silence, or the fifty-first of all clients.
    'ipv4/icmp_ratemask': 0,
    // 127 is no message; an empty list is not taken.
    'ipv6/icmp/ratemask': 127,
    // A node that rewrites packets and sends them out where they came in would tell the sender of a shorter way, which is none.
    'ipv4/conf/all/send_redirects': 0,
    'ipv4/conf/default/send_redirects': 0,
    'ipv4/conf/all/accept_redirects': 0,
    'ipv4/conf/default/accept_redirects': 0,
    'ipv6/conf/all/accept_redirects': 0,
    'ipv6/conf/default/accept_redirects': 0,
  };
  switch (role) {
    case 'pod':
      return everywhere;
    case 'fabric':
      return { ...everywhere, 'bridge/bridge-nf-call-iptables': 0, 'bridge/bridge-nf-call-ip6tables': 0 };
    case 'node':
      return {
        ...everywhere,
        'ipv4/ip_forward': 1,
        'ipv6/conf/all/forwarding': 1,
        'ipv6/conf/default/forwarding': 1,
        // Bridged pod traffic must pass netfilter, as kube-proxy needs it (br_netfilter; the switch is per namespace).
        'bridge/bridge-nf-call-iptables': 1,
        'bridge/bridge-nf-call-ip6tables': 1,
      };
  }
}
