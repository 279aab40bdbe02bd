/** Netlink: dumps, refusals, events, lost events. */

import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { inNamespace } from './support/in-namespace.ts';
import { obstacle } from './support/kernel-access.ts';
import { NetworkNamespace } from './support/network-namespace.ts';

const ROUTE = 0;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const RTM_GETADDR = 22;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const RTNLGRP_LINK = 1;

/** An nlmsghdr and an ifinfomsg. */
function linkRequest(type: number, flags: number, ifindex = 0): Uint8Array {
  const message = Buffer.alloc(32);
  message.writeUInt16LE(type, 4);
  message.writeUInt16LE(flags, 6);
  message.writeInt32LE(ifindex, 20);
  return message;
}

describe.skipIf(obstacle !== undefined)('netlink', () => {
  let namespace: NetworkNamespace;
  const sockets: number[] = [];

  function open(groups: readonly number[] = []): number {
    const socket = inNamespace(namespace.path, () => native.netlinkOpen(ROUTE, groups));
    sockets.push(socket);
    return socket;
  }

  beforeAll(() => {
    namespace = new NetworkNamespace();
    for (let index = 0; index < 100; index += 1) namespace.ip(`link add veth${index} type veth peer name peer${index}`);
  });

  afterEach(() => {
    for (const socket of sockets.splice(0)) native.close(socket);
  });

  afterAll(() => {
    namespace[Symbol.dispose]();
  });

  it('dumps the links of the namespace in which its socket was opened', () => {
    const links = native.netlinkRequest(open(), linkRequest(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP));
    expect(links.length).toBeGreaterThan(200);
    expect(links.every((message) => message.readUInt16LE(4) === RTM_NEWLINK && message.readUInt32LE(0) === message.length)).toBe(true);
  });

  it('narrows a dump to what is asked for', () => {
    namespace.ip('addr add 10.98.3.1/24 dev veth3');
    // An nlmsghdr and an ifaddrmsg of interface 1, which is lo.
    const message = Buffer.alloc(24);
    message.writeUInt16LE(RTM_GETADDR, 4);
    message.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6);
    message.writeUInt32LE(1, 20);
    const answers = native.netlinkRequest(open(), message);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.every((answer) => answer.readUInt32LE(20) === 1)).toBe(true);
  });

  it('ends with the first message where neither a dump nor an acknowledgement was asked for', () => {
    const socket = open();
    expect(native.netlinkRequest(socket, linkRequest(RTM_GETLINK, NLM_F_REQUEST, 1))).toHaveLength(1);
    expect(native.netlinkRequest(socket, linkRequest(RTM_GETLINK, NLM_F_REQUEST | NLM_F_ACK, 1))).toHaveLength(1);
    expect(native.netlinkRequest(socket, linkRequest(RTM_GETLINK, NLM_F_REQUEST, 1))).toHaveLength(1);
  });

  it('throws what the kernel answered', () => {
    const socket = open();
    expect(() => native.netlinkRequest(socket, linkRequest(RTM_GETLINK, NLM_F_REQUEST, 99_999))).toThrow(
      expect.objectContaining({ code: 'ENODEV', operation: 'netlink', object: 'netlink message type 18' }),
    );
    const short = linkRequest(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, -1);
    expect(() => native.netlinkRequest(socket, short)).toThrow(expect.objectContaining({ log: expect.stringContaining('ifindex') }));
    expect(() => native.netlinkRequest(socket, new Uint8Array(8))).toThrow(TypeError);
  });

  it('gives up after the time that it was given', () => {
    // A type that no one answers: messages below 16 are control messages.
    const start = performance.now();
    expect(() => native.netlinkRequest(open(), linkRequest(1, NLM_F_REQUEST), 50)).toThrow(expect.objectContaining({ code: 'ETIMEDOUT' }));
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('refuses a protocol that there is not', () => {
    expect(() => native.netlinkOpen(99, [])).toThrow(expect.objectContaining({ code: 'EPROTONOSUPPORT', operation: 'socket' }));
  });

  it('calls back with events, until closed', async () => {
    const types: number[] = [];
    const listener = native.netlinkListen(
      open([RTNLGRP_LINK]),
      (datagram) => types.push(datagram.readUInt16LE(4)),
      () => types.push(-1),
    );
    namespace.ip('link set veth0 up');
    while (types.length === 0) await setTimeout(1);
    expect(types.every((type) => type === RTM_NEWLINK)).toBe(true);
    listener.close();
    const count = types.length;
    namespace.ip('link set veth0 down');
    await setTimeout(20);
    expect(types).toHaveLength(count);
    listener.close();
  });

  it('says when events were lost', async () => {
    let events = 0;
    let overruns = 0;
    const listener = native.netlinkListen(
      open([RTNLGRP_LINK]),
      () => (events += 1),
      () => (overruns += 1),
    );
    const flips = Array.from({ length: 2000 }, (_value, index) => `link set veth1 ${index % 2 === 0 ? 'up' : 'down'}\n`);
    execFileSync('ip', ['-n', namespace.name, '-batch', '-'], { input: flips.join('') });
    while (overruns === 0) await setTimeout(1);
    expect(events).toBeLessThan(2000);
    listener.close();
  });

  it('may be closed from within its callback, with more to come', async () => {
    let events = 0;
    const listener = native.netlinkListen(
      open([RTNLGRP_LINK]),
      () => {
        events += 1;
        listener.close();
      },
      () => {},
    );
    for (let index = 0; index < 10; index += 1) namespace.ip(`link set veth2 ${index % 2 === 0 ? 'up' : 'down'}`);
    await setTimeout(20);
    expect(events).toBe(1);
  });
});
