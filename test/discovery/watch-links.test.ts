/** Changes of interfaces and addresses are told as they happen. */

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseAddress } from '../../src/model/ip.ts';
import { obstacle } from '../native/support/kernel-access.ts';
import { NetworkNamespace } from '../native/support/network-namespace.ts';
import { parseJson } from './support/print-json.ts';

describe.skipIf(obstacle !== undefined)('watching', () => {
  let node: NetworkNamespace;
  let pod: NetworkNamespace;
  let watcher: ChildProcessWithoutNullStreams;
  let changes: unknown[];

  beforeEach(async () => {
    node = new NetworkNamespace();
    pod = new NetworkNamespace();
    changes = [];
    const script = new URL('scenarios/watch.ts', import.meta.url).pathname;
    watcher = spawn('nsenter', [`--net=${node.path}`, process.execPath, script]);
    createInterface(watcher.stdout).on('line', (line) => changes.push(parseJson(line)));
    await saw({ change: 'started', seesNamespaces: true });
  });

  afterEach(async () => {
    watcher.stdin.end();
    if (watcher.exitCode === null) await once(watcher, 'exit');
    pod[Symbol.dispose]();
    node[Symbol.dispose]();
  });

  async function saw(change: object): Promise<void> {
    await expect.poll(() => changes, { timeout: 5000, interval: 5 }).toContainEqual(expect.objectContaining(change));
  }

  it('ends with its last listener', async () => {
    watcher.stdin.end();
    await expect.poll(() => watcher.exitCode).toBe(0);
  });

  it('tells of interfaces', async () => {
    node.ip('link add host0 type veth peer name host1');
    await saw({ change: 'link', link: expect.objectContaining({ name: 'host0', kind: 'veth' }) });
    node.ip('link delete host0');
    await saw({ change: 'link-gone', link: expect.objectContaining({ name: 'host0' }) });
  });

  it('tells of addresses', async () => {
    node.ip('addr add 10.98.2.1/24 dev lo');
    await saw({ change: 'address', address: expect.objectContaining({ address: parseAddress('10.98.2.1') }) });
    node.ip('addr delete 10.98.2.1/24 dev lo');
    await saw({ change: 'address-gone', address: expect.objectContaining({ address: parseAddress('10.98.2.1') }) });
  });

  it('does not take a port that leaves its bridge for an interface that is gone', async () => {
    node.ip('link add br0 type bridge');
    node.ip('link add host0 type veth peer name host1');
    node.ip('link set host0 master br0');
    node.ip('link set host0 nomaster');
    node.ip('addr add 10.98.2.2/24 dev lo');
    await saw({ change: 'address', address: expect.objectContaining({ address: parseAddress('10.98.2.2') }) });
    expect(changes).not.toContainEqual(expect.objectContaining({ change: 'link-gone' }));
  });

  it('tells of addresses in a namespace that an interface leads to, at a bounded pace', async () => {
    node.ip(`link add host0 type veth peer name eth0 netns ${pod.name}`);
    await saw({ change: 'link', link: expect.objectContaining({ name: 'host0' }) });
    expect(changes).not.toContainEqual({ change: 'namespace' });
    pod.ip('addr add 10.98.2.3/24 dev eth0');
    await saw({ change: 'namespace' });
    const started = performance.now();
    for (let round = 0; round < 20; round += 1) {
      pod.ip('addr add 10.98.2.4/24 dev eth0');
      pod.ip('addr delete 10.98.2.4/24 dev eth0');
    }
    const most = (performance.now() - started) / 50 + 3;
    expect(changes.filter((change) => (change as { change: string }).change === 'namespace').length).toBeLessThan(most);
    expect(changes).not.toContainEqual(
      expect.objectContaining({ change: 'address', address: expect.objectContaining({ address: parseAddress('10.98.2.3') }) }),
    );
  });
});
