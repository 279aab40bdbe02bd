/** The one process of a lab's pod: serves its ports, and probes others when the lab asks. Started inside the pod's namespace. */

import { renameSync } from 'node:fs';
import net from 'node:net';
import { readJsonLines } from '../processes/json-lines.ts';
import { PodHolds } from './pod-holds.ts';
import type { PodMessage, PodProcessOptions, PodReply } from './pod-protocol.ts';
import { PodServer } from './pod-server.ts';
import { probeAddress } from './prober.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as PodProcessOptions;
const server = new PodServer(options.name, options.hosts);
const holds = new PodHolds();

process.title = `postern lab pod ${options.name}`;
for (const failure of await server.serve(options.ports)) console.error(`cannot serve ${failure}`);
listenForRequests(options.socket);

/** The socket appears under its name only when it is listening. */
function listenForRequests(path: string): void {
  const draft = `${path}.draft`;
  net.createServer((socket) => void answerRequests(socket).catch(() => socket.destroy())).listen(draft, () => renameSync(draft, path));
}

async function answerRequests(socket: net.Socket): Promise<void> {
  // The lab may go away while a probe is under way.
  socket.on('error', () => undefined);
  for await (const line of readJsonLines(socket)) {
    const message = line as PodMessage;
    void handle(message)
      .then((result): PodReply => ({ id: message.id, result }))
      .catch((error: NodeJS.ErrnoException): PodReply => ({ id: message.id, error: error.code ?? error.message }))
      .then((reply) => socket.write(`${JSON.stringify(reply)}\n`));
  }
}

async function handle(message: PodMessage): Promise<unknown> {
  switch (message.op) {
    case 'serve':
      return { failed: await server.serve((message as PodMessage<'serve'>).request.ports) };
    case 'probe':
      return probeAddress((message as PodMessage<'probe'>).request.probe);
    case 'hold': {
      const { address, port, timeoutMs } = (message as PodMessage<'hold'>).request;
      return holds.open(address, port, timeoutMs);
    }
    case 'held':
      return holds.list();
    case 'release':
      holds.release((message as PodMessage<'release'>).request.id);
      return null;
  }
}
