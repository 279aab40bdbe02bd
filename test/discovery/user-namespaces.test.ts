/** Interfaces of pods in user namespaces of their own, and of a node that is in one itself. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/model/ip.ts';
import type { EnforceableInterface } from '../../src/discovery/pod-interfaces.ts';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { parseJson } from './support/print-json.ts';

const FIND = new URL('scenarios/find-pods.ts', import.meta.url).pathname;

describe.skipIf(obstacle !== undefined)('finding interfaces', () => {
  const holders: ChildProcess[] = [];

  afterEach(() => {
    for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  });

  /** A process in a network namespace of its own; `prefix` enters the user namespace that this belongs to, where that is not ours. */
  async function hold(unshare: readonly string[], prefix: readonly string[] = []): Promise<number> {
    const [command, ...args] = [...prefix, 'unshare', ...unshare, '--net', 'sleep', '60'];
    const holder = spawn(command, args, { stdio: 'ignore' });
    holders.push(holder);
    const namespaceOf = (pid: number | string): string => readlinkSync(`/proc/${pid}/ns/net`);
    const parent = prefix.length === 0 ? namespaceOf('self') : namespaceOf(prefix[2]!);
    // What it execs last is what we wait for: before that it may not have unshared, nor entered.
    while (!readlinkSync(`/proc/${holder.pid}/exe`).endsWith('sleep')) await sleep(5);
    expect(namespaceOf(holder.pid!)).not.toBe(parent);
    return holder.pid!;
  }

  function enter(pid: number): string[] {
    return ['nsenter', '--target', String(pid), '--user', '--net', '--preserve-credentials'];
  }

  function run(prefix: readonly string[], words: string): string {
    const [command = '', ...args] = [...prefix, ...words.split(' ')];
    return execFileSync(command, args, { encoding: 'utf8' });
  }

  it('works for a pod in a user namespace of its own, with NET_ADMIN alone', async () => {
    using node = new NetworkNamespace();
    const pod = await hold(['--user', '--map-root-user']);
    node.ip('link add host0 type veth peer name eth0');
    node.ip(`link set eth0 netns ${pod}`);
    run(enter(pod), 'ip addr add 10.91.0.1/24 dev eth0');
    const found = parseJson(
      node.run('setpriv', ['--bounding-set=-all,+net_admin', '--inh-caps=-all', process.execPath, FIND, '10.91.0.1']),
    ) as EnforceableInterface[];
    expect(found.map(({ address, contested }) => [formatAddress(address), contested])).toEqual([['10.91.0.1', false]]);
    expect(node.ip('-o link show host0')).toMatch(new RegExp(`^${found[0]!.hostIfindex}: host0`));
  });

  it('works on a node in a user namespace, whose uplink leads to where it may not ask', async () => {
    using outside = new NetworkNamespace();
    const node = await hold(['--user', '--map-root-user']);
    const pod = await hold([], enter(node));
    outside.ip('link add down0 type veth peer name uplink');
    outside.ip(`link set uplink netns ${node}`);
    outside.ip('addr add 10.91.1.1/24 dev down0');
    run(enter(node), `ip link add host0 type veth peer name eth0 netns ${pod}`);
    run(enter(pod), 'ip addr add 10.91.0.2/24 dev eth0');
    const find = (address: string): unknown => parseJson(run(enter(node), `${process.execPath} ${FIND} ${address}`));
    expect(find('10.91.0.2')).toEqual([expect.objectContaining({ contested: false })]);
    expect(find('10.91.1.1')).toEqual([]);
  });
});
