/** Run inside a pod: `serve PORT` answers datagrams that ask for it; `send ADDRESS PORT COUNT [SOCKETS]` sends COUNT, the first from each socket answered before the others go. */

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';

const ASKING = Buffer.from([1, ...new Array<number>(63).fill(0)]);
const TELLING = Buffer.alloc(64);
/** Sent at once, before the loop is let go on. */
const BURST = 64;

function serve(port: number): void {
  for (const type of ['udp4', 'udp6'] as const) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (message, { address, port: from }) => {
      if (message[0] === ASKING[0]) socket.send(message, from, address);
    });
    socket.bind(port);
  }
}

async function open(address: string, port: number): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.connect(port, address);
  await once(socket, 'connect');
  return socket;
}

async function send(address: string, port: number, count: number, sockets: number): Promise<void> {
  for (let opened = 0; opened < sockets; opened += 1) {
    const socket = await open(address, port);
    socket.send(ASKING);
    await once(socket, 'message');
    for (let sent = 1; sent < count / sockets; sent += BURST) {
      const sends = Array.from({ length: BURST }, () => new Promise((resolve) => socket.send(TELLING, resolve)));
      await Promise.all(sends);
    }
    socket.close();
  }
}

const [role, ...rest] = process.argv.slice(2);
if (role === 'serve') {
  serve(Number(rest[0]));
  console.log('ready');
} else await send(rest[0] ?? '', Number(rest[1]), Number(rest[2]), Number(rest[3] ?? 1));
