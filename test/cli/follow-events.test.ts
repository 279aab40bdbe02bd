/** The stream of packet events, over restarts of the agent. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { followEvents, type Followed } from '../../src/cli/follow-events.ts';

describe('following an agent', () => {
  let folder: string;
  let socket: string;
  let stop: AbortController;
  let servers: Server[];
  let asked: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-follow-'));
    socket = join(folder, 'agent.sock');
    stop = new AbortController();
    servers = [];
    asked = [];
  });
  afterEach(() => {
    stop.abort();
    for (const server of servers) end(server);
    rmSync(folder, { recursive: true });
  });

  async function agent(serve: (response: ServerResponse) => void): Promise<Server> {
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      serve(response);
    });
    server.listen(socket);
    await once(server, 'listening');
    servers.push(server);
    return server;
  }

  function end(server: Server): void {
    server.close();
    server.closeAllConnections();
  }

  function follow(flows = false): { records: Followed[]; ended: Promise<void> } {
    const records: Followed[] = [];
    const ended = (async () => {
      for await (const record of followEvents(socket, flows, stop.signal)) records.push(record);
    })();
    return { records, ended };
  }

  it('reads events and notices, also where a line comes in two parts', async () => {
    await agent((response) => {
      response.write('{"pod":"shop/w');
      setTimeout(() => response.write('eb"}\n{"kind":"suppressed","count":3}\n'), 20);
    });
    const { records } = follow(true);
    await expect
      .poll(() => records)
      .toEqual([
        { kind: 'here' },
        { kind: 'event', event: { pod: 'shop/web' } },
        { kind: 'suppressed', notice: { kind: 'suppressed', count: 3 } },
      ]);
    expect(asked).toEqual(['/events?suppressed&flows']);
  });

  it('says when the agent goes and when another is there, and goes on', async () => {
    const first = await agent((response) => response.write('{"pod":"a"}\n'));
    const { records } = follow();
    await expect.poll(() => records.length).toBe(2);
    end(first);
    await expect.poll(() => records.at(-1)).toEqual({ kind: 'gone' });
    await agent((response) => response.write('{"pod":"b"}\n'));
    await expect.poll(() => records.length).toBe(5);
    expect(records.slice(3)).toEqual([
      { kind: 'back', awayMs: expect.any(Number) },
      { kind: 'event', event: { pod: 'b' } },
    ]);
  });

  it('ends when it is told to, listening or waiting', async () => {
    const server = await agent((response) => response.write('{"pod":"a"}\n'));
    const { records, ended } = follow();
    await expect.poll(() => records.length).toBe(2);
    end(server);
    await expect.poll(() => records.length).toBe(3);
    stop.abort();
    await ended;
  });

  it('fails where there is no agent at the beginning', async () => {
    await expect(follow().ended).rejects.toMatchObject({ code: 'E_SOCKET' });
  });

  it('fails where the agent does not know what it is asked', async () => {
    await agent((response) => response.writeHead(404).end());
    await expect(follow().ended).rejects.toMatchObject({ code: 'E_AGENT' });
  });
});
