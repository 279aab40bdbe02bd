/** `postern lab probe` as it is called: what it prints, as text and as JSON, and how it exits. */

import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { runCommand } from '../../src/lab/processes/run-command.ts';
import type { CommandResult } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { podManifest } from './lab-support.ts';
import { serviceManifest } from './service-support.ts';

const NAME = 'testcommand';
const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const DENY = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'deny', namespace: 'x' },
  spec: { podSelector: { matchLabels: { pod: 'b' } }, ingress: [] },
};

async function probe(...options: readonly string[]): Promise<CommandResult> {
  const result = await runCommand([process.execPath, MAIN, 'lab', 'probe', '--name', NAME, ...options]);
  return { ...result, stdout: stripVTControlCharacters(result.stdout) };
}

describe('postern lab probe', needsKernel, () => {
  let lab: Lab;
  beforeAll(async () => {
    await Lab.remove(NAME);
    const pods = ['x/a', 'x/b'].map((key) => podManifest(key, { labels: { app: 'both' } }));
    lab = await Lab.up({
      name: NAME,
      objects: [...pods, serviceManifest('x/both', { selector: { app: 'both' } })],
      nodes: 1,
      enforce: false,
    });
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('asks by pod address unless it is told otherwise, and exits with 0 where all is as the policies say', async () => {
    const [byPod, byBoth] = await Promise.all([probe(), probe('--by', 'both', '--family', '4')]);
    expect([byPod.code, byBoth.code]).toEqual([0, 0]);
    expect(byPod.stdout).not.toContain('Service');
    expect(byBoth.stdout).toContain('by pod');
    expect(byBoth.stdout).toContain('by Service');
  });

  test('exits with 1 where what is observed differs, and says how', async () => {
    await lab.apply([DENY]);
    const [text, json] = await Promise.all([
      probe('--by', 'service', '--ports', 'web'),
      probe('--by', 'service', '--ports', 'web', '--family', '6', '--json'),
    ]);
    expect([text.code, json.code]).toEqual([1, 1]);
    expect(text.stdout).toMatch(
      /x\/a → Service x\/both 8080\/TCP IPv4: expected answers by x\/a, and silence for x\/b, observed of \d+: .*by x\/b/,
    );
    expect(text.stdout).toContain('No agents run in this lab');
    const readings = JSON.parse(json.stdout) as readonly { readonly from: string }[];
    expect(readings.find(({ from }) => from === 'x/a')).toMatchObject({
      to: { service: 'x/both', port: 8080, via: 'clusterIP' },
      family: 6,
      expected: 'some',
      backends: [
        { name: 'x/a', port: 80, allowed: true },
        { name: 'x/b', port: 80, allowed: false },
      ],
      silent: 0,
      different: true,
    });
  });
});
