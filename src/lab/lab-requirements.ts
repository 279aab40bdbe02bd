/** What the machine must have before a lab can be made, told in one line where it lacks something. */

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PosternError } from '../model/error.ts';
import { findPluginDir } from './network/cni.ts';
import { commandEnvironment } from './processes/run-command.ts';
import type { Cni, Proxy } from './types.ts';

const COMMANDS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  umount: 'mount',
};

const PROXY_COMMANDS: Readonly<Record<string, string>> = { nft: 'nftables', conntrack: 'conntrack' };

/** `E_LAB_ROOT`, `E_LAB_TOOLS`, `E_LAB_CNI`. */
export function checkRequirements(cni: Cni, proxy: Proxy): void {
  checkRoot();
  const commands = { ...COMMANDS, ...(proxy === 'none' ? {} : PROXY_COMMANDS) };
  const missing = Object.entries(commands).filter(([command]) => !isOnPath(command));
  if (missing.length > 0) {
    throw new PosternError('E_LAB_TOOLS', `these commands are missing: ${missing.map(([command]) => command).join(', ')}`, {
      mend: `install ${[...new Set(missing.map(([, pack]) => pack))].join(' and ')}`,
    });
  }
  findPluginDir(cni);
}

export function checkRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new PosternError('E_LAB_ROOT', 'a lab makes network namespaces, and that takes root', { mend: 'run it with sudo' });
}

/** Sentences about what this kernel cannot do in a lab; empty where it can do everything. */
export function kernelNotes(): readonly string[] {
  const notes: string[] = [];
  if (!/^SCTP/m.test(readText('/proc/net/protocols'))) notes.push('This kernel has no SCTP sockets: SCTP probes say "unsupported".');
  else notes.push('Pods serve TCP and UDP only: SCTP probes say "unsupported".');
  if (!existsSync('/proc/sys/net/ipv6')) notes.push('This kernel has no IPv6: IPv6 probes fail.');
  if (!existsSync('/proc/sys/net/bridge'))
    notes.push('br_netfilter is not loaded: packets between pods of one bridge do not pass netfilter.');
  return notes;
}

function isOnPath(command: string): boolean {
  const dirs = (commandEnvironment()['PATH'] ?? '').split(':').filter((dir) => dir !== '');
  return dirs.some((dir) => {
    try {
      accessSync(join(dir, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
