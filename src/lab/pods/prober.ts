/** Asks an address whether it answers, and says who answered and whom it saw. */

import dgram from 'node:dgram';
import net from 'node:net';
import { readGreeting, type AddressProbe } from './pod-protocol.ts';
import type { ProbeOutcome, ProbeResult } from '../types.ts';

export function probeAddress(probe: AddressProbe): Promise<ProbeResult> {
  switch (probe.protocol) {
    case 'TCP':
      return probeTcp(probe);
    case 'UDP':
      return probeUdp(probe);
    case 'SCTP':
      return Promise.resolve({ outcome: 'unsupported', durationMs: 0 });
  }
}

function probeTcp(probe: AddressProbe): Promise<ProbeResult> {
  const socket = net.connect({ host: probe.address, port: probe.port, family: probe.family, noDelay: true });
  let greeting = '';
  return finishProbe(
    probe.timeoutMs,
    () => socket.destroy(),
    (finish) => {
      let connected = false;
      socket.on('connect', () => (connected = true));
      socket.on('data', (chunk) => {
        greeting += chunk.toString();
        const end = greeting.indexOf('\n');
        if (end >= 0) finish('open', greeting.slice(0, end));
      });
      socket.on('error', (error) => finish(outcomeOf(error)));
      socket.on('end', () => finish('error:closed'));
      // An open port that does not greet is no pod of ours, or packets after the handshake were lost: neither is `open`.
      return () => (connected ? 'error:silent' : 'timeout');
    },
  );
}

function probeUdp(probe: AddressProbe): Promise<ProbeResult> {
  const socket = dgram.createSocket(probe.family === 6 ? 'udp6' : 'udp4');
  return finishProbe(
    probe.timeoutMs,
    () => socket.close(),
    (finish) => {
      socket.on('message', (message) => finish('open', message.toString()));
      socket.on('error', (error) => finish(outcomeOf(error)));
      // Connected, so that an ICMP "port unreachable" is heard.
      socket.connect(probe.port, probe.address, (error?: Error) => {
        if (error === undefined || error === null) socket.send('who?', (sendError) => sendError !== null && finish(outcomeOf(sendError)));
        else finish(outcomeOf(error));
      });
      return () => 'timeout';
    },
  );
}

type Finish = (outcome: ProbeOutcome, greeting?: string) => void;

/** Resolve once, with whatever `begin` reports first or, after the time-out, with the outcome that its result gives. */
function finishProbe(timeoutMs: number, close: () => void, begin: (finish: Finish) => () => ProbeOutcome): Promise<ProbeResult> {
  const started = performance.now();
  return new Promise((resolve) => {
    let done = false;
    const finish: Finish = (outcome, greeting) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      close();
      const durationMs = Math.round(10 * (performance.now() - started)) / 10;
      resolve({ outcome, ...(greeting === undefined ? {} : readGreeting(greeting)), durationMs });
    };
    const outcomeOnTimeout = begin(finish);
    // The event loop runs timers before it looks at sockets: an answer that came while the process was busy still counts.
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => finish(outcomeOnTimeout()))), timeoutMs);
  });
}

function outcomeOf(error: Error): ProbeOutcome {
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
  if (code === 'ECONNREFUSED') return 'refused';
  return code === 'ETIMEDOUT' ? 'timeout' : `error:${code}`;
}
