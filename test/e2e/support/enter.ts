/** A command line that runs inside a network namespace and ends with the process that starts it. */

/** `nsenter`, unlike `ip netns exec`, leaves the mounts as they are. */
export function enterAndDieWithUs(netns: string, argv: readonly string[]): readonly string[] {
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'nsenter', `--net=${netns}`, '--', ...argv];
}
