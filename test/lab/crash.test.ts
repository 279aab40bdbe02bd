/** Whatever a crash leaves of a lab, `down` clears away. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { labPaths } from '../../src/lab/state/lab-paths.ts';
import { runChecked } from '../../src/lab/processes/run-command.ts';
import { needsKernel } from '../support/requires.ts';
import { leftoversOf, NOTHING_LEFT, podManifest } from './lab-support.ts';

const NAME = 'testcrash';

describe('down', needsKernel, () => {
  afterEach(async () => {
    await Lab.remove(NAME);
  });

  const MOMENTS = [200, 300, 400, 500, 600, 800].map((delay) => [delay, 'open'] as const);
  const WITH_AGENTS = [500, 800, 1100, 1500].map((delay) => [delay, 'enforce'] as const);

  test.for([...MOMENTS, ...WITH_AGENTS])('clears away what is left when up is killed after %i ms (%s)', async ([delay, mode]) => {
    const module = new URL('crash-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, [module, NAME, mode], { stdio: 'ignore' });
    const ended = once(child, 'exit');
    await Promise.race([sleep(delay), ended]);
    child.kill('SIGKILL');
    await ended;
    await Lab.remove(NAME);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
    // Nothing that was still under way at that moment comes up later.
    await sleep(300);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });

  test('clears away a lab whose folder is gone, and processes that others started in it', async () => {
    const lab = await Lab.up({ name: NAME, objects: [podManifest('x/a')], nodes: 1, enforce: false });
    const netns = lab.pods()[0]?.netns ?? '';
    spawn('nsenter', [`--net=/run/netns/${netns}`, '--', 'sleep', '1000', netns], { stdio: 'ignore', detached: true }).on(
      'error',
      () => undefined,
    );
    rmSync(labPaths(NAME).dir, { recursive: true });
    await Lab.remove(NAME);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });

  test("unmounts what agents mounted in the lab's folder", async () => {
    await Lab.up({ name: NAME, objects: [], nodes: 1, enforce: false });
    const root = `${labPaths(NAME).bpf}/node-1`;
    mkdirSync(root);
    await runChecked(['mount', '-t', 'bpf', 'none', root]);
    await Lab.remove(NAME);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });

  test('is no error where there is nothing', async () => {
    expect(await Lab.remove(NAME)).toEqual([]);
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });

  test('is not needed after an up that failed', async () => {
    const pods = [podManifest('x/a', { spec: { hostNetwork: true } }), podManifest('x/b', { spec: { hostNetwork: true } })];
    await expect(Lab.up({ name: NAME, objects: pods, nodes: 1, enforce: false })).rejects.toMatchObject({ code: 'E_LAB_PORT' });
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
    const interrupted = AbortSignal.timeout(100);
    await expect(Lab.up({ name: NAME, objects: [podManifest('x/a')], enforce: false, signal: interrupted })).rejects.toThrow('aborted');
    expect(leftoversOf(NAME)).toEqual(NOTHING_LEFT);
  });
});
