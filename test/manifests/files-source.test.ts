/** The watched folder: what appears, changes and vanishes is told once, in few events. */

import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { filesSource } from '../../src/manifests/files-source.ts';
import { run } from './run-source.ts';
import { podManifest, policyManifest, temporaryFolder } from './temporary-folder.ts';

const eventually = (check: () => void) => vi.waitFor(check, { timeout: 2000, interval: 5 });

describe('at the start', () => {
  it('everything is told in one call, what is referred to first, then synced once', () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', `${podManifest('web')}---\n${policyManifest('p')}`);
    folder.write('b.yaml', 'apiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n');
    const { calls, synced, news, source } = run(folder.path);
    expect(calls).toHaveLength(1);
    expect(news()).toEqual(['+Namespace default', '+NetworkPolicy default/p', '+Pod default/web']);
    expect(synced()).toBe(1);
    expect(source.healthy).toBe(true);
  });

  it('an empty folder is synced without events', () => {
    const { calls, synced, source } = run(temporaryFolder().path);
    expect([calls.length, synced(), source.healthy]).toEqual([0, 1, true]);
  });

  it('a broken file gives what can be read of it, and the source is synced but not healthy', () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', `${podManifest('web')}---\na: [\n`);
    folder.write('b.yaml', podManifest('db'));
    const { state, synced, source, problems } = run(folder.path);
    expect(state()).toEqual(['Pod default/db', 'Pod default/web']);
    expect(synced()).toBe(1);
    expect(source.healthy).toBe(false);
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_SYNTAX', at: { file: folder.at('a.yaml') } }]);
  });

  it.each([
    ['nothing', 'nowhere'],
    ['a file', 'a.yaml'],
  ])('a folder that is %s throws', async (_what, name) => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a'));
    const sink = { events: () => undefined, synced: () => undefined, problem: () => undefined };
    const running = filesSource(folder.at(name)).run(sink, new AbortController().signal);
    await expect(running).rejects.toMatchObject({ code: 'E_MANIFEST_FOLDER', at: { file: folder.at(name) } });
  });
});

describe('a watched change', () => {
  it('of every kind is told: a new file, one changed by rename, in place, renamed, and deleted', async () => {
    const folder = temporaryFolder();
    const { news, state } = run(folder.path);
    folder.write('a.yaml', podManifest('a'));
    await eventually(() => expect(news()).toEqual(['+Pod default/a']));
    folder.write('a.yaml', podManifest('a', '{v: "2"}'));
    await eventually(() => expect(news()).toEqual(['+Pod default/a']));
    folder.overwrite('a.yaml', podManifest('a', '{v: "3"}'));
    await eventually(() => expect(news()).toEqual(['+Pod default/a']));
    renameSync(folder.at('a.yaml'), folder.at('b.yaml'));
    await sleep(60);
    expect(news()).toEqual([]);
    expect(state()).toEqual(['Pod default/a']);
    folder.remove('b.yaml');
    await eventually(() => expect(news()).toEqual(['-Pod default/a']));
  });

  it('in a subfolder is told, also when the folder is new, deleted and made again', async () => {
    const folder = temporaryFolder();
    const { news } = run(folder.path);
    folder.write('sub/deep/a.yaml', podManifest('a'));
    await eventually(() => expect(news()).toEqual(['+Pod default/a']));
    folder.write('sub/deep/b.yaml', podManifest('b'));
    await eventually(() => expect(news()).toEqual(['+Pod default/b']));
    folder.remove('sub');
    folder.write('sub/deep/b.yaml', podManifest('b', '{v: "2"}'));
    await eventually(() => expect(news().toSorted()).toEqual(['+Pod default/b', '-Pod default/a']));
    folder.write('sub/deep/b.yaml', podManifest('b', '{v: "3"}'));
    await eventually(() => expect(news()).toEqual(['+Pod default/b']));
  });

  it('of many files at once comes in few calls', async () => {
    const folder = temporaryFolder();
    const { calls, state } = run(folder.path);
    for (let index = 0; index < 200; index += 1) folder.write(`${index}.yaml`, podManifest(`p${index}`));
    await eventually(() => expect(state()).toHaveLength(200));
    expect(calls.length).toBeLessThan(50);
  });

  it('is told within 50 ms, half of the time', async () => {
    const folder = temporaryFolder();
    const { calls } = run(folder.path);
    const times: number[] = [];
    for (let index = 0; index < 9; index += 1) {
      const before = calls.length;
      const start = performance.now();
      folder.write('a.yaml', podManifest('a', `{v: "${index}"}`));
      while (calls.length === before) await sleep(1);
      times.push(performance.now() - start);
      await sleep(30);
    }
    expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(50);
  });

  it('as a ConfigMap volume makes it, by swapping the link ..data, is told in one call', async () => {
    const folder = temporaryFolder();
    folder.write('..v1/a.yaml', podManifest('a'));
    folder.write('..v1/b.yaml', podManifest('b'));
    symlinkSync('..v1', folder.at('..data'));
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, folder.at(name));
    const { calls, news, source } = run(folder.path);
    expect(news()).toEqual(['+Pod default/a', '+Pod default/b']);
    folder.write('..v2/a.yaml', podManifest('a2'));
    folder.write('..v2/b.yaml', podManifest('b', '{v: "2"}'));
    symlinkSync('..v2', folder.at('..data_tmp'));
    renameSync(folder.at('..data_tmp'), folder.at('..data'));
    folder.remove('..v1');
    await eventually(() => expect(news()).toEqual(['-Pod default/a', '+Pod default/a2', '+Pod default/b']));
    expect(calls).toHaveLength(2);
    expect(source.healthy).toBe(true);
  });

  it('that no watch reports is seen by the periodic look', async () => {
    const [folder, other] = [temporaryFolder(), temporaryFolder()];
    other.write('a.yaml', podManifest('a'));
    symlinkSync(other.at('a.yaml'), folder.at('a.yaml'));
    const { news } = run(folder.path, { rescanEvery: 50 });
    news();
    other.overwrite('a.yaml', podManifest('a', '{v: "2"}'));
    await eventually(() => expect(news()).toEqual(['+Pod default/a']));
  });

  it('after the end is not told', async () => {
    const folder = temporaryFolder();
    const { stop, calls, source } = run(folder.path, { rescanEvery: 10 });
    await stop();
    folder.write('a.yaml', podManifest('a'));
    await sleep(60);
    expect(calls).toEqual([]);
    await expect(source.rescan()).rejects.toMatchObject({ code: 'E_SOURCE_STOPPED' });
  });
});

describe('a rescan', () => {
  it('tells only what changed, in one call, and nothing where nothing did', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', `${podManifest('a')}---\n${podManifest('b')}---\n${policyManifest('p')}`);
    const { source, news, calls } = run(folder.path);
    news();
    folder.write('a.yaml', `${podManifest('a')}---\n# moved\n\n${policyManifest('p')}---\n${podManifest('c')}`);
    await source.rescan();
    expect(news()).toEqual(['-Pod default/b', '+Pod default/c']);
    await source.rescan();
    expect(calls).toHaveLength(2);
  });

  it('sees two writes of one length within one tick of the clock', async () => {
    const folder = temporaryFolder();
    folder.overwrite('a.yaml', podManifest('a', '{v: "0"}'));
    const { source, news } = run(folder.path);
    news();
    for (let index = 1; index < 10; index += 1) {
      folder.overwrite('a.yaml', podManifest('a', `{v: "${index}"}`));
      await source.rescan();
      expect(news()).toEqual(['+Pod default/a']);
    }
  });

  it('tells no object that says the same in other words', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a', '{x: "1", y: "2"}'));
    const { source, news } = run(folder.path);
    news();
    folder.write('a.yaml', '{"kind": "Pod", "apiVersion": "v1", "metadata": {"labels": {"y": "2", "x": "1"}, "name": "a"}}');
    await source.rescan();
    expect(news()).toEqual([]);
  });

  it('keeps the lines of a policy that moved and is not told again', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', policyManifest('p'));
    const { source, policy, calls } = run(folder.path);
    expect(policy('default/p')?.locate?.('spec.podSelector')).toMatchObject({ file: folder.at('a.yaml'), line: 6 });
    folder.write('a.yaml', `# one line more\n${policyManifest('p')}`);
    await source.rescan();
    folder.remove('a.yaml');
    folder.write('b.yaml', `# one line more\n# and one\n${policyManifest('p')}`);
    await source.rescan();
    expect(calls).toHaveLength(1);
    expect(policy('default/p')?.locate?.('spec.podSelector')).toMatchObject({ file: folder.at('b.yaml'), line: 8 });
  });

  it('of an object in two files: the first name holds, the other follows when it goes', async () => {
    const folder = temporaryFolder();
    folder.write('b.yaml', podManifest('a', '{from: b}'));
    const { source, news, problems } = run(folder.path);
    news();
    folder.write('a.yaml', podManifest('a', '{from: a}'));
    await source.rescan();
    expect(news()).toEqual(['+Pod default/a']);
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_DUPLICATE', at: { file: folder.at('b.yaml') } }]);
    expect(source.healthy).toBe(true);
    await source.rescan();
    expect(problems).toHaveLength(1);
    folder.remove('a.yaml');
    await source.rescan();
    expect(news()).toEqual(['+Pod default/a']);
    expect(source.problems).toEqual([]);
  });
});

it('A sink that throws ends the source with its error', async () => {
  const folder = temporaryFolder();
  const fault = new Error('no more');
  const sink = {
    events: () => {
      throw fault;
    },
    synced: () => undefined,
    problem: () => undefined,
  };
  const running = filesSource(folder.path).run(sink, new AbortController().signal);
  folder.write('a.yaml', podManifest('a'));
  await expect(running).rejects.toBe(fault);
  rmSync(folder.path, { recursive: true });
});
