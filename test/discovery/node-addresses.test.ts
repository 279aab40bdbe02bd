/** Which addresses are bound on a node, and that their changes are told. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';

describe.skipIf(obstacle !== undefined)("a node's addresses", () => {
  let node: NetworkNamespace;
  let pod: NetworkNamespace;
  let watcher: ChildProcessWithoutNullStreams;
  /** One list at the start, then one for every change that was told. */
  let lists: string[][];

  beforeEach(async () => {
    node = new NetworkNamespace();
    pod = new NetworkNamespace();
    node.ip('link add eth0 type bridge');
    node.ip('link set eth0 up');
    lists = [];
    watcher = spawn('nsenter', [
      `--net=${node.path}`,
      process.execPath,
      new URL('scenarios/watch-node-addresses.ts', import.meta.url).pathname,
    ]);
    createInterface(watcher.stdout).on('line', (line) => lists.push(JSON.parse(line) as string[]));
    await expect.poll(() => lists.length, { timeout: 5000, interval: 5 }).toBeGreaterThan(0);
  });

  afterEach(async () => {
    watcher.stdin.end();
    if (watcher.exitCode === null) await once(watcher, 'exit');
    pod[Symbol.dispose]();
    node[Symbol.dispose]();
  });

  async function sees(...addresses: readonly string[]): Promise<void> {
    await expect.poll(() => lists.at(-1)?.toSorted(), { timeout: 5000, interval: 5 }).toEqual([...addresses].toSorted());
  }

  it('are those of both families on every interface', async () => {
    await sees();
    node.ip('addr add 10.98.3.1/24 dev eth0');
    await sees('10.98.3.1');
    node.ip('addr add fd00:98:3::1/64 dev eth0 nodad');
    node.ip('link add local-dns type bridge');
    node.ip('addr add 169.254.20.10/32 dev local-dns');
    await sees('10.98.3.1', 'fd00:98:3::1', '169.254.20.10');
  });

  it('lose those that are taken away, also with their interface', async () => {
    node.ip('link add second type bridge');
    for (const [address, device] of [
      ['10.98.3.1/24', 'eth0'],
      ['10.98.3.2/24', 'eth0'],
      ['10.98.3.3/24', 'second'],
    ]) {
      node.ip(`addr add ${address} dev ${device}`);
    }
    node.ip('addr add fd00:98:3::3/64 dev second nodad');
    await sees('10.98.3.1', '10.98.3.2', '10.98.3.3', 'fd00:98:3::3');
    node.ip('addr delete 10.98.3.2/24 dev eth0');
    await sees('10.98.3.1', '10.98.3.3', 'fd00:98:3::3');
    node.ip('link delete second');
    await sees('10.98.3.1');
  });

  it('lose those of an interface that leaves for another namespace', async () => {
    node.ip('link add host0 type veth peer name host1');
    node.ip('addr add 10.98.3.1/24 dev host0');
    await sees('10.98.3.1');
    node.ip(`link set host0 netns ${pod.name}`);
    await sees();
  });

  it('leave loopback and link-local ones out', async () => {
    node.ip('addr add 10.98.3.9/32 dev lo');
    node.ip('addr add fd00:98:3::9/128 dev lo');
    node.ip('addr add fe80::1234/64 dev eth0 nodad');
    node.ip('addr add 10.98.3.1/24 dev eth0');
    await sees('10.98.3.1');
  });

  it('do not change with the link-local addresses of pods', async () => {
    const before = lists.length;
    node.ip(`link add pod0 type veth peer name eth0 netns ${pod.name}`);
    pod.ip('link set eth0 up');
    node.ip('link set pod0 up');
    node.ip('addr add fe80::1234/64 dev pod0 nodad');
    node.ip('addr add 10.98.3.1/24 dev eth0');
    await sees('10.98.3.1');
    expect(lists.length).toBe(before + 1);
  });

  it('count on a point-to-point interface by the own end', async () => {
    node.ip('addr add 10.98.3.1 peer 10.98.3.2 dev eth0');
    node.ip('addr add fd00:98:3::1 peer fd00:98:3::2 dev eth0 nodad');
    await sees('10.98.3.1', 'fd00:98:3::1');
  });

  it('count once, also while they are checked for duplicates and when they are deprecated', async () => {
    // Without a carrier duplicate address detection does not end: the address stays tentative.
    node.ip(`link add pod0 type veth peer name eth0 netns ${pod.name}`);
    node.ip('addr add fd00:98:3::1/64 dev pod0');
    node.ip('link set pod0 up');
    expect(node.ip('addr show dev pod0')).toContain('tentative');
    node.ip('addr add fd00:98:3::2/64 dev eth0 nodad preferred_lft 0 valid_lft 1000');
    node.ip('addr add 10.98.3.1/24 dev eth0');
    node.ip('addr add 10.98.3.1/24 dev pod0');
    await sees('10.98.3.1', 'fd00:98:3::1', 'fd00:98:3::2');
  });

  it('are told again after events were lost', async () => {
    watcher.kill('SIGSTOP');
    // More than the socket's buffer holds, of addresses that are not told: only the loss itself tells of the one behind them.
    const others = Array.from({ length: 1000 }, (_, index) => `addr add fe80::${(index + 1).toString(16)}/64 dev eth0 nodad`);
    node.run('ip', ['-batch', '-'], `${others.join('\n')}\naddr add 10.98.3.1/24 dev eth0\n`);
    watcher.kill('SIGCONT');
    await sees('10.98.3.1');
  });

  it('are watched until the watch is closed', async () => {
    watcher.stdin.end();
    await expect.poll(() => watcher.exitCode, { timeout: 5000 }).toBe(0);
  });
});
