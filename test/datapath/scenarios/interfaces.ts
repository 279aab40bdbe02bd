/** Interfaces that come and go, that have large numbers, that carry large frames. Arguments: bpf folder, name of the pod's network namespace. Prints what it saw as JSON. */

import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as native from '../../../native/index.js';
import { reasonCounts } from '../support/reason-counts.ts';
import { KernelDatapath } from '../../../src/datapath/kernel.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import type { PacketEvent } from '../../../src/model/packet-event.ts';
import { destinationOptions } from '../../support/builders/extension-headers.ts';
import { ethernet, ipv4, ipv4Padding, ipv6 } from '../../support/builders/frames.ts';
import { tcp } from '../../support/builders/segments.ts';
import { failureOf, POD, reach, set, SLOT } from './endpoint.ts';

const [bpfRoot, podNetns] = [process.argv[2] as string, process.argv[3] as string];
const FAR = 200_000;
/** More than a page: only then does a packet socket keep the linear part as small as it is told to. */
const LARGE = 6000;
const ETHERNET_HEADER = 14;
const seen: Record<string, unknown> = {};

const ip = (...words: readonly string[]): void =>
  void execFileSync(
    'ip',
    words.flatMap((part) => part.split(' ')),
    { stdio: 'ignore' },
  );

function makeVeth(index: number): void {
  ip(`link add veth0 index ${index} mtu 9000 type veth peer name eth0 mtu 9000 netns ${podNetns}`);
  ip('addr add 10.97.0.1/24 dev veth0');
  ip('addr add fd00:97::1/64 dev veth0 nodad');
  ip(`-n ${podNetns} addr add ${POD[0]}/24 dev eth0`);
  ip(`-n ${podNetns} addr add ${POD[1]}/64 dev eth0 nodad`);
  ip('link set veth0 up');
  ip(`-n ${podNetns} link set eth0 up`);
}

function linkInterfaces(ifindex: number): (number | undefined)[] {
  return ['in', 'out'].map((hook) => {
    const link = native.openPinned(join(bpfRoot, 'links', `${ifindex}_${hook}`));
    const info = native.linkInfo(link);
    native.close(link);
    return info.ifindex;
  });
}

const datapath = await KernelDatapath.open({ bpfRoot, attachMode: 'tcx', conntrackRows: 4096 });

// Gone and come again.
const ifindex = native.interfaceIndex('veth0')!;
set(datapath, ifindex, 'allow');
datapath.attach(ifindex);
ip('link delete veth0');
await sleep(50);
seen['severed'] = linkInterfaces(ifindex);
makeVeth(ifindex);
seen['sameNumber'] = native.interfaceIndex('veth0') === ifindex;
set(datapath, ifindex, 'deny');
datapath.attach(ifindex);
seen['replaced'] = linkInterfaces(ifindex).map((number) => number === ifindex);
seen['judged'] = reach(POD, 1);
set(datapath, ifindex, 'allow');
seen['flipped'] = reach(POD, 2);

// Told of drops.
const events: PacketEvent[] = [];
datapath.listen((told) => events.push(...told));
set(datapath, ifindex, 'deny');
reach(POD.slice(0, 1));
await sleep(100);
const { time: _time, source: _source, destination: _destination, ...told } = events[0] ?? ({} as PacketEvent);
seen['told'] = told;

// Frames in pieces, out of a pod that may open to port 80 of anyone.
const rows = [{ protocol: 6, port: 80, length: 16, verdict: 'allow' }] as const;
const stranger = { portSet: 50, lengths: 1 << 16 };
datapath.apply([
  { op: 'put-port-set', portSet: { id: 50, rows } },
  {
    op: 'put-config',
    id: 900,
    config: {
      endpoint: ifindex,
      counters: SLOT + 1,
      ingress: { ruleset: 0, stranger, defaultVerdict: 'allow' },
      egress: { ruleset: 9, stranger, defaultVerdict: 'deny' },
      ipv4: parseAddress(POD[0]),
      ipv6: parseAddress(POD[1]),
      sourceCheck: true,
      held: false,
      takeOverUntil: 0n,
    },
  },
  { op: 'set-endpoint', ifindex, word: { config: 900, generation: datapath.generation } },
]);
const segment = (destination: number) => tcp({ source: 40000, destination, data: new Uint8Array(LARGE) });
const large = (from: readonly [string, string], port: number): Uint8Array[] => [
  ethernet({}, ipv4({ source: from[0], destination: '203.0.113.9' }, segment(port))),
  ethernet({}, ipv4({ source: from[0], destination: '203.0.113.9', options: ipv4Padding(2) }, segment(port))),
  ethernet({}, ipv6({ source: from[1], destination: '2001:db8::9' }, segment(port))),
  ethernet({}, ipv6({ source: from[1], destination: '2001:db8::9' }, destinationOptions(segment(port)))),
];
const frames = [...large(POD, 80), ...large(POD, 81), ...large(['10.97.0.99', 'fd00:97::99'], 80)];
const order = { interface: 'eth0', frames: frames.map((frame) => ({ data: Buffer.from(frame).toString('hex'), linear: ETHERNET_HEADER })) };
execFileSync('nsenter', [`--net=/run/netns/${podNetns}`, 'python3', new URL('../send-frames.py', import.meta.url).pathname], {
  input: JSON.stringify(order),
});
await sleep(50);
seen['pieces'] = { sent: frames.length, counted: reasonCounts(datapath.counters(SLOT + 1)).egress };

// Gone for good.
ip('link delete veth0');
await sleep(50);
seen['detachedGone'] = failureOf(() => datapath.detach(ifindex));
seen['leftAfterwards'] = readdirSync(join(bpfRoot, 'links'));

// A number beyond the array.
makeVeth(FAR);
datapath.attach(FAR);
const far: Record<string, unknown> = { unset: reach(POD, 1) };
set(datapath, FAR, 'deny');
far['denied'] = reach(POD, 1);
set(datapath, FAR, 'allow');
far['allowed'] = reach(POD, 2);
seen['far'] = far;
datapath.detach(FAR);
datapath.close();

console.log(JSON.stringify(seen));
