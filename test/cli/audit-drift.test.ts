import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultsOf } from '../audit/support/json-schemas.ts';

const SAME = {
  compared: [{ what: 'ports', count: 3, differed: 0, repaired: 0 }],
  drifts: [],
  durationMs: 2,
  longestPieceMs: 1,
  checkedAt: '2026-01-02T03:04:05.678Z',
  repair: false,
};
const OTHER = {
  ...SAME,
  compared: [{ what: 'ports', count: 3, differed: 1, repaired: 0 }],
  drifts: [{ what: 'ports', kind: 'missing', where: 'set 3', expected: 'allow', found: null, repaired: false }],
};

let folder: string;
let server: Server | undefined;

beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'postern-test-'))));
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true });
});

function drift(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, NO_COLOR: '1' };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/main.ts', 'audit', 'drift', ...args], { env }, (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    );
  });
}

/** A kubectl that knows these nodes; `undefined`: its agent cannot be asked. */
function fakeKubectl(outcomes: Readonly<Record<string, object | undefined>>): void {
  const pods = { items: Object.keys(outcomes).map((node) => ({ metadata: { name: `postern-${node}` }, spec: { nodeName: node } })) };
  const cases = Object.entries(outcomes).map(([node, outcome]) =>
    outcome === undefined
      ? `*postern-${node}*) echo 'container not found' >&2; exit 1;;`
      : `*postern-${node}*) echo '${JSON.stringify(outcome)}'; exit ${outcome === SAME ? 0 : 1};;`,
  );
  const script = `#!/bin/sh\ncase "$*" in\n*' get pods '*) echo '${JSON.stringify(pods)}';;\n${cases.join('\n')}\nesac\n`;
  writeFileSync(join(folder, 'kubectl'), script);
  chmodSync(join(folder, 'kubectl'), 0o755);
}

describe('drift on all nodes', () => {
  test('is none where every agent says so', async () => {
    fakeKubectl({ n1: SAME, n2: SAME });
    expect(await drift('--all-nodes')).toMatchObject({ code: 0, out: expect.stringContaining('n2\n') as string, err: '' });
  });

  test('is found on one, and said which', async () => {
    fakeKubectl({ n1: SAME, n2: OTHER });
    const { code, out } = await drift('--all-nodes', '--json');
    expect(code).toBe(2);
    expect(faultsOf('drift-report', JSON.parse(out))).toEqual([]);
    const { nodes } = JSON.parse(out) as { nodes: readonly { node: string; outcome: typeof OTHER }[] };
    expect(nodes.map(({ node, outcome }) => [node, outcome.drifts.length])).toEqual([
      ['n1', 0],
      ['n2', 1],
    ]);
  });

  test('is unknown where an agent cannot be asked', async () => {
    fakeKubectl({ n1: SAME, n2: undefined });
    expect(await drift('--all-nodes')).toMatchObject({ code: 3, err: expect.stringContaining('container not found') as string });
    expect((await drift('--all-nodes', '--allow-incomplete')).code).toBe(0);
  });

  test('cannot be asked for where no agent runs', async () => {
    fakeKubectl({});
    expect(await drift('--all-nodes')).toMatchObject({ code: 1, err: expect.stringContaining('[E_AGENT]') as string });
  });
});

describe('drift on this node', () => {
  test.each([
    ['nothing differs', SAME, 0],
    ['something differs', OTHER, 2],
  ])('%s: nothing is repaired', async (_name, outcome, code) => {
    const asked: string[] = [];
    const socket = join(folder, 'agent.sock');
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(JSON.stringify(outcome));
    });
    await new Promise<void>((resolve) => server?.listen(socket, resolve));
    expect((await drift('--socket', socket)).code).toBe(code);
    expect(asked).toEqual(['POST /verify?repair=no']);
  });

  test('is an error where no agent answers', async () => {
    expect(await drift('--socket', join(folder, 'nobody'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('[E_SOCKET]') as string,
    });
  });
});
