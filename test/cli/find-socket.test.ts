/** Which agent is meant where nobody says. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { socketOf } from '../../src/cli/ask-agent.ts';
import { findOnlySocket } from '../../src/cli/find-socket.ts';

describe('the agent that is meant', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-run-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
    vi.unstubAllEnvs();
  });

  const addNode = (name: string, socket: boolean): void => {
    mkdirSync(join(folder, name));
    if (socket) writeFileSync(join(folder, name, 'agent.sock'), '');
  };

  it('is the only one that has a socket', () => {
    addNode('node-1', false);
    addNode('node-2', true);
    expect(findOnlySocket(folder)).toBe(join(folder, 'node-2', 'agent.sock'));
  });

  it('is nobody where there is none, or no folder', () => {
    addNode('node-1', false);
    expect(() => findOnlySocket(folder)).toThrow("there is no agent's socket");
    expect(() => findOnlySocket(join(folder, 'none'))).toThrow("there is no agent's socket");
  });

  it('must be named where there are several', () => {
    addNode('node-1', true);
    addNode('node-2', true);
    expect(() => findOnlySocket(folder)).toThrow(/several agents have sockets here: .*node-1, .*node-2/);
  });

  it('is the one of the socket, then of the node, then of the environment', () => {
    vi.stubEnv('NODE_NAME', 'b');
    expect(socketOf({})).toBe('/run/postern/b/agent.sock');
    vi.stubEnv('POSTERN_NODE', 'a');
    expect(socketOf({})).toBe('/run/postern/a/agent.sock');
    expect(socketOf({ node: 'c' })).toBe('/run/postern/c/agent.sock');
    expect(socketOf({ node: 'c', socket: '/x.sock' })).toBe('/x.sock');
  });
});
