/** Command lines that run inside a network namespace and end with the process that starts them. */

import { basename } from 'node:path';

/** `nsenter`, unlike `ip netns exec`, leaves the mounts as they are. */
export function enterAndDieWithUs(netns: string, argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'nsenter', `--net=${netns}`, '--', ...argv];
}

/** As most people would: this gives the command a mount namespace of its own too, which ends with it. */
export function enterByIpNetns(netns: string, argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'ip', 'netns', 'exec', basename(netns), ...argv];
}
