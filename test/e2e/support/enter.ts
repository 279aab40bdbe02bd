/** Command lines that run inside a network namespace and end with the process that starts them. */

import { basename } from 'node:path';

export type Enter = (netns: string, argv: readonly string[]) => readonly string[];

/** `nsenter`, unlike `ip netns exec`, leaves the mounts as they are. */
export function enterAndDieWithUs(netns: string, argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'nsenter', `--net=${netns}`, '--', ...argv];
}

/** As most people would: this gives the command a mount namespace of its own too, which ends with it. */
export function enterByIpNetns(netns: string, argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'ip', 'netns', 'exec', basename(netns), ...argv];
}

/** As process 1 of a PID namespace of its own, as in a container. */
export function enterAsContainer(netns: string, argv: readonly string[]): readonly string[] {
  return enterAndDieWithUs(netns, ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--', ...argv]);
}

/** With no capabilities but these, e.g. `bpf`. */
export function enterWith(capabilities: readonly string[]): Enter {
  const held = ['-all', ...capabilities.map((capability) => `+${capability}`)].join(',');
  return (netns, argv) =>
    enterAndDieWithUs(netns, ['setpriv', `--bounding-set=${held}`, '--inh-caps=-all', '--no-new-privs', '--', ...argv]);
}
