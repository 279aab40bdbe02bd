/**
 * `npm run bench:forwarding`: what after_nat costs a forwarded packet, by the kernel's own statistics of programs, while datagrams go from pod to pod
 * through a node that rewrites Services. An empty program at the same hook is the base, and is subtracted. The minimum of the rounds is reported.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import * as native from '../../native/index.js';
import { enterAndDieWithUs } from '../e2e/support/enter.ts';
import { ProxyWorld, backendsOf, selecting, serviceOf, SERVICE_PORT } from '../e2e/support/proxy-world.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const DATAGRAMS = Number(process.env['DATAGRAMS'] ?? 100_000);
const FLOWS = 1000;
const TARGET_PORT = 6000;

function start(netns: string, script: string, ...args: readonly (string | number)[]): ChildProcess {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const [command = '', ...rest] = enterAndDieWithUs(netns, [process.execPath, file, ...args.map(String)]);
  return spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
}

async function firstLine(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout! })) return line;
  throw new Error('a process of the bench ended before it was ready');
}

function attached(links: string, family: number): native.Fd {
  return native.programById(native.linkInfo(native.openPinned(join(links, `after_nat_${family}_90`))).programId);
}

/** Runs of all of them, and nanoseconds for each. */
function spentBy(programs: readonly native.Fd[]): { runs: number; nanoseconds: number } {
  const all = programs.map((program) => native.programInfo(program));
  return {
    runs: all.reduce((sum, { runs }) => sum + runs, 0),
    nanoseconds: all.reduce((sum, { runNanoseconds }) => sum + runNanoseconds, 0),
  };
}

using world = new ProxyWorld({ plugin: 'bridge' });
const [client, open, backend] = await world.addPods('client', 'open', 'backend');
const ports = [{ protocol: 'UDP', port: SERVICE_PORT, targetPort: TARGET_PORT }] as const;
world.proxy.put(serviceOf(1, backendsOf(world, [backend]), { ports }));
const agent = await world.world.settledAgent();
const allowed = { to: [selecting('backend')], ports: [{ port: TARGET_PORT, protocol: 'UDP' }] };
world.policy('client', { ...selecting('client'), policyTypes: ['Egress'], egress: [allowed] });
await agent.settle();
const base = start(world.world.node.path, 'base-program.ts');
const server = start(backend.netns.path, 'datagrams.ts', 'serve', TARGET_PORT);
const baseProgram = native.programById(Number(await firstLine(base)));
await firstLine(server);
const links = join(world.world.place.bpfRoot, 'links');
const programs = [...new Set([2, 10].map((family) => attached(links, family)))];
const statistics = native.enableStatistics();

interface Case {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly port: number;
  readonly sockets: number;
}

const service = { 4: '10.96.0.1', 6: 'fd00:96::1' } as const;
const direct = { 4: backend.v4, 6: backend.v6 } as const;
const CASES: readonly Case[] = ([4, 6] as const).flatMap((family) => [
  { name: `IPv${family} by Service, of an isolated pod`, from: client.netns.path, to: service[family], port: SERVICE_PORT, sockets: 1 },
  { name: `IPv${family} by Service, of any other pod`, from: open.netns.path, to: service[family], port: SERVICE_PORT, sockets: 1 },
  { name: `IPv${family} by pod address`, from: client.netns.path, to: direct[family], port: TARGET_PORT, sockets: 1 },
  {
    name: `IPv${family} by Service, new flow and its answer`,
    from: client.netns.path,
    to: service[family],
    port: SERVICE_PORT,
    sockets: FLOWS,
  },
]);

const best = new Map<Case, number>();
for (let round = 0; round < ROUNDS; round += 1) {
  for (const each of CASES) {
    const [before, baseBefore] = [spentBy(programs), spentBy([baseProgram])];
    const count = each.sockets === 1 ? DATAGRAMS : each.sockets;
    const sender = start(each.from, 'datagrams.ts', 'send', each.to, each.port, count, each.sockets);
    const [code] = (await once(sender, 'exit')) as [number | null];
    if (code !== 0) throw new Error(`the sender ended with ${code}`);
    const [after, baseAfter] = [spentBy(programs), spentBy([baseProgram])];
    const runs = after.runs - before.runs;
    if (runs < count) throw new Error(`${each.name}: ${runs} of ${count} packets were seen`);
    const nanoseconds = (after.nanoseconds - before.nanoseconds) / runs;
    const baseNanoseconds = (baseAfter.nanoseconds - baseBefore.nanoseconds) / (baseAfter.runs - baseBefore.runs);
    best.set(each, Math.min(best.get(each) ?? Infinity, nanoseconds - baseNanoseconds));
  }
}
for (const [{ name }, nanoseconds] of best) console.log(`${name.padEnd(48)} ${nanoseconds.toFixed(0).padStart(5)} ns`);
native.close(statistics);
for (const child of [base, server]) child.kill('SIGKILL');
await agent.kill();
