/** The plugin's program against agents that answer well, badly, late and not at all. */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leaveOutIf } from '../support/requires.ts';

const answer = (status: number, body: string): string => `HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const GOOD = answer(200, '{"cniVersion":"1.0.0"}\n');

describe("the plugin's program", leaveOutIf(process.platform === 'linux' ? undefined : 'needs Linux'), () => {
  let folder: string;
  let socket: string;
  let server: Server | undefined;
  let asked: string[];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    socket = join(folder, 'agent.sock');
    execFileSync('sh', ['scripts/build-cni.sh', join(folder, 'postern-cni')]);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => void server?.close());

  /** One answer after the other, the last for ever; an empty one hangs up. */
  async function serve(...answers: readonly string[]): Promise<void> {
    asked = [];
    server = createServer((client: Socket) => {
      let got = '';
      client.on('error', () => undefined);
      client.setEncoding('utf8').on('data', (chunk: string) => {
        got += chunk;
        const [head = '', body] = got.split('\r\n\r\n');
        if (body === undefined || Buffer.byteLength(body) < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
        asked.push(body);
        client.end(answers[asked.length - 1] ?? answers.at(-1) ?? '');
      });
    });
    await new Promise<void>((resolve) => void server?.listen(socket, resolve));
  }

  async function run(command: string | undefined, config: string | object, env: Readonly<Record<string, string>> = {}) {
    const child = spawn(join(folder, 'postern-cni'), [], {
      env: { ...(command === undefined ? {} : { CNI_COMMAND: command }), ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(typeof config === 'string' ? config : JSON.stringify({ cniVersion: '1.0.0', socket, ...config }));
    const ended = new Promise<number | null>((resolve) => void child.once('exit', resolve));
    const [code, output] = await Promise.all([ended, text(child.stdout)]);
    return { code, output };
  }

  const errorOf = ({ output }: { output: string }): unknown => JSON.parse(output);

  it('hands over all that the runtime says, and prints what the agent answers', async () => {
    await serve(GOOD);
    const prevResult = { ips: [], socket: '/not/this', deep: [{ socket: '"}' }] };
    const config = JSON.stringify({ prevResult, cniVersion: '1.0.0', socket }, undefined, 1);
    const env = { CNI_CONTAINERID: 'c', CNI_NETNS: '/run/netns/n', CNI_IFNAME: 'eth0', CNI_ARGS: 'A=1;B=2\r\nX: y' };
    expect(await run('ADD', config, env)).toEqual({ code: 0, output: '{"cniVersion":"1.0.0"}\n' });
    expect(asked).toEqual([['ADD', 'c', '/run/netns/n', 'eth0', 'A=1;B=2\r\nX: y', config].join('\0')]);
  });

  it('asks again where an agent died over its answer, and takes no half of one', async () => {
    await serve('', 'HTTP/1.1 200 X\r\n', 'HTTP/1.1 200 X\r\n\r\n{}', GOOD.slice(0, -3), 'garbage', GOOD);
    expect(await run('ADD', {})).toMatchObject({ code: 0 });
    expect(asked).toHaveLength(6);
  });

  it('prints the agent’s error, and one of its own for what no agent says', async () => {
    await serve(answer(503, '{"code":11}\n'), answer(404, 'what?'));
    expect(await run('ADD', {})).toEqual({ code: 1, output: '{"code":11}\n' });
    expect(errorOf(await run('ADD', {}))).toMatchObject({ cniVersion: '1.0.0', code: 999, msg: expect.stringContaining('404') as string });
  });

  it('never fails a DEL', async () => {
    for (const config of [{}, { socket: 7 }, { cniVersion: '9.9.9' }, { socket: '/nowhere' }, '', '{'])
      expect(await run('DEL', config)).toEqual({ code: 0, output: '' });
    await serve(answer(503, '{}'));
    expect(await run('DEL', {})).toEqual({ code: 0, output: '' });
  });

  it.each([
    ['a version that it does not know', 'ADD', { cniVersion: '0.2.0' }, 1],
    ['half of a version', 'ADD', { cniVersion: '1.0' }, 1],
    ['no version', 'ADD', { cniVersion: undefined }, 1],
    ['no socket', 'ADD', { socket: undefined }, 7],
    ['a socket whose path is too long', 'ADD', { socket: `/${'x'.repeat(200)}` }, 7],
    ['a socket with an escape', 'ADD', { socket: '/a\nb' }, 7],
    ['a command that it does not know', 'RUN', {}, 4],
    ['no command', undefined, {}, 4],
    ['more than can be a configuration', 'ADD', `"${'x'.repeat(2 << 20)}"`, 6],
  ] as const)('refuses %s', async (_, command, config, code) => {
    expect(errorOf(await run(command, config))).toMatchObject({ code });
  });
});
