/**
 * `node test/bench/first-start.ts [PODS]`, as root: how long an agent takes from finding the pods of a node until all are enforced, where nothing was
 * attached before and where an earlier agent was, and how long whoever asks it something in between waits for the answer at most.
 */

import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { apps, podObject } from '../e2e/support/manifests.ts';
import type { AgentProcess } from '../e2e/support/agent-process.ts';
import { World } from '../e2e/support/world.ts';

const PODS = Number(process.argv[2] ?? 110);
const ASK_EVERY_MS = 5;

/** A namespace with an address, joined to the node; no process runs in it. */
function addPod(world: World, index: number): void {
  const pod = world.addNamespace();
  const address = `10.98.${100 + (index >> 7)}.${2 * (index & 127)}`;
  world.node.ip(`link add pod${index} type veth peer name eth0 netns ${pod.name}`);
  world.node.ip(`link set pod${index} up`);
  pod.ip(`addr add ${address}/31 dev eth0`);
  pod.ip('link set eth0 up');
  world.manifests.put(
    `pod-${index}.json`,
    podObject({ name: `pod-${index}`, node: world.nodeName, addresses: [address], labels: { app: 'web' } }),
  );
}

/** Milliseconds until any answer. */
function ask(socketPath: string): Promise<number> {
  const since = performance.now();
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/none' }, (response) => {
      response.resume();
      response.on('end', () => resolve(performance.now() - since));
    });
    // It does not listen yet.
    call.on('error', () => resolve(0));
    call.end();
  });
}

function timeOf(log: string, message: string, which: 'first' | 'last'): number {
  const times = log
    .split('\n')
    .filter((line) => line.includes(`"msg":"${message}"`))
    .map((line) => Date.parse((JSON.parse(line) as { time: string }).time));
  return (which === 'first' ? times[0] : times.at(-1)) ?? Number.NaN;
}

async function measure(world: World, name: string): Promise<AgentProcess> {
  const agent = world.startAgent('--verify-interval', '0');
  let worst = 0;
  while (!agent.log.includes('"msg":"enforcing"')) {
    worst = Math.max(worst, await ask(world.place.socket));
    await sleep(ASK_EVERY_MS);
  }
  const took = timeOf(agent.log, 'enforcing', 'last') - timeOf(agent.log, 'endpoint found', 'first');
  console.log(`${name.padEnd(16)} ${PODS} pods enforced ${took} ms after the first was found; slowest answer ${worst.toFixed(0)} ms`);
  return agent;
}

using world = new World();
for (let index = 0; index < PODS; index += 1) addPod(world, index);
world.policy('web', { podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'], ingress: [{ from: apps('web') }] });
for (const name of ['first start', 'restart']) await (await measure(world, name)).kill();
