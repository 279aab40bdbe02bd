/** A KernelDatapath that can be asked for verdicts: its programs, found among the process's own descriptors, run on opening packets. */

import { readdirSync } from 'node:fs';
import * as native from '../../native/index.js';
import { KernelDatapath } from '../../src/datapath/kernel.ts';
import { isIPv4 } from '../../src/model/ip.ts';
import { reasonNumber } from '../../src/model/reasons.ts';
import { ethernet, ipv4, ipv6, raw, type Segment } from '../support/builders/frames.ts';
import { sctp, tcp, udp } from '../support/builders/segments.ts';
import { POD, type Driver } from './contract/stage.ts';

/** TC_ACT_UNSPEC and TCX_NEXT, as unsigned numbers. */
const PASS = 0xffffffff;
const SLOT = 1;

export async function openKernelDriver(bpfRoot: string): Promise<Driver> {
  const before = new Set(descriptors());
  const datapath = await KernelDatapath.open({ bpfRoot, conntrackRows: 1024 });
  const own = descriptors().filter((fd) => !before.has(fd));
  const conntrack = find(own, native.mapInfo, 'conntrack');
  const programs = { ingress: find(own, native.programInfo, 'to_pod'), egress: find(own, native.programInfo, 'from_pod') };
  const trials = (): number => {
    const { packets } = datapath.counters(SLOT);
    return (packets.ingress[reasonNumber('TRIAL')] ?? 0) + (packets.egress[reasonNumber('TRIAL')] ?? 0);
  };
  return {
    datapath,
    ask(direction, peer, protocol, port) {
      // An earlier answer's row is no answer.
      const { keys, count } = native.mapDump(conntrack);
      if (count > 0) native.mapDeleteBatch(conntrack, keys, count);
      const before = trials();
      const pod = isIPv4(peer) ? POD.ipv4 : POD.ipv6;
      const [source, destination] = direction === 'egress' ? [pod, peer] : [peer, pod];
      const segment = opening(protocol, port);
      const frame = ethernet({}, isIPv4(peer) ? ipv4({ source, destination }, segment) : ipv6({ source, destination }, segment));
      const { returnValue } = native.testRun(programs[direction], { data: frame });
      if (returnValue !== PASS) return 'deny';
      return trials() > before ? 'would-deny' : 'allow';
    },
  };
}

function opening(protocol: number, destination: number): Segment {
  const ports = { source: 40000, destination };
  switch (protocol) {
    case 6:
      return tcp(ports);
    case 17:
      return udp(ports);
    case 132:
      return sctp(ports);
    default:
      return raw(protocol);
  }
}

function descriptors(): number[] {
  return readdirSync('/proc/self/fd').map(Number);
}

function find(fds: readonly number[], info: (fd: number) => { readonly name: string }, name: string): number {
  const found = fds.find((fd) => {
    try {
      return info(fd).name === name;
    } catch {
      return false;
    }
  });
  if (found === undefined) throw new Error(`no descriptor of "${name}" was opened`);
  return found;
}
