/** The watched folder at fault: nothing that breaks or seems to vanish opens what was closed. */

import { mkdirSync, renameSync, symlinkSync, truncateSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { run } from './run-source.ts';
import { podManifest, policyManifest, temporaryFolder } from './temporary-folder.ts';

describe('a file that breaks', () => {
  it.each([
    ['its syntax', 'a: [', 'E_MANIFEST_SYNTAX'],
    ['a key that stands twice', 'a: 1\na: 2', 'E_MANIFEST_SYNTAX'],
    ['an object that cannot be read', podManifest('a', '{v: 1}'), 'E_OBJECT_FIELD'],
    ['a policy without a name', policyManifest('""'), 'E_OBJECT_FIELD'],
  ])('by %s keeps its last good version, and the source is not healthy until it is mended', async (_what, text, code) => {
    const folder = temporaryFolder();
    folder.write('a.yaml', `${podManifest('a')}---\n${policyManifest('p')}`);
    const { source, news, problems } = run(folder.path);
    news();
    folder.write('a.yaml', `${podManifest('new')}---\n${text}\n`);
    folder.write('b.yaml', podManifest('b'));
    await source.rescan();
    expect(news()).toEqual(['+Pod default/b']);
    expect(source.healthy).toBe(false);
    expect(problems).toMatchObject([{ code, at: { file: folder.at('a.yaml') } }]);
    expect(problems[0]?.message).toContain("the file's last good version stays in force");
    expect(source.problems).toEqual(problems);

    folder.write('a.yaml', `${podManifest('a')}---\n${podManifest('new')}`);
    await source.rescan();
    expect(news()).toEqual(['-NetworkPolicy default/p', '+Pod default/new']);
    expect(source.healthy).toBe(true);
    expect(source.problems).toEqual([]);
  });

  it('is reported again whenever it is written, not whenever it is looked at', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', 'a: [\n');
    const { source, problems } = run(folder.path);
    await source.rescan();
    await source.rescan();
    expect(problems).toHaveLength(1);
    folder.write('a.yaml', 'a: [\n# still\n');
    await source.rescan();
    expect(problems).toHaveLength(2);
  });

  it('and is deleted takes its objects with it', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a'));
    const { source, news } = run(folder.path);
    folder.write('a.yaml', 'a: [\n');
    await source.rescan();
    folder.remove('a.yaml');
    await source.rescan();
    expect(news()).toEqual(['+Pod default/a', '-Pod default/a']);
    expect(source.healthy).toBe(true);
  });

  it('without a good version before gives what can be read of it now', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', `${podManifest('a')}---\na: [\n`);
    const { source, news } = run(folder.path);
    folder.write('a.yaml', `${podManifest('b')}---\na: [\n`);
    await source.rescan();
    expect(news()).toEqual(['+Pod default/a', '-Pod default/a', '+Pod default/b']);
  });
});

describe('what seems to vanish for a moment', () => {
  it('a file that is emptied before it is written keeps its objects meanwhile', async () => {
    const folder = temporaryFolder();
    folder.overwrite('a.yaml', policyManifest('p'));
    const { news } = run(folder.path);
    news();
    truncateSync(folder.at('a.yaml'));
    await sleep(100);
    expect(news()).toEqual([]);
    folder.overwrite('a.yaml', policyManifest('p', 'podSelector: {a: b}'));
    await vi.waitFor(() => expect(news()).toEqual(['+NetworkPolicy default/p']));
  });

  it('a file that stays empty loses them after a second, or when a rescan is asked for', async () => {
    const folder = temporaryFolder();
    folder.overwrite('a.yaml', podManifest('a'));
    folder.overwrite('b.yaml', podManifest('b'));
    const { source, news, state } = run(folder.path);
    news();
    truncateSync(folder.at('a.yaml'));
    await vi.waitFor(() => expect(news()).toEqual(['-Pod default/a']), { timeout: 2500 });
    truncateSync(folder.at('b.yaml'));
    await source.rescan();
    expect(state()).toEqual([]);
  });

  it('a link to nothing keeps what it led to, and the source is not healthy', async () => {
    const folder = temporaryFolder();
    folder.write('..data/a.yaml', podManifest('a'));
    symlinkSync('..data/a.yaml', folder.at('a.yaml'));
    const { source, news, problems } = run(folder.path);
    news();
    renameSync(folder.at('..data'), folder.at('..gone'));
    await source.rescan();
    expect(news()).toEqual([]);
    expect(source.healthy).toBe(false);
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_READ', at: { file: folder.at('a.yaml') } }]);
    folder.remove('a.yaml');
    await source.rescan();
    expect(news()).toEqual(['-Pod default/a']);
    expect(source.healthy).toBe(true);
  });

  it('the whole folder, as when a mount goes away, keeps everything', async () => {
    const folder = temporaryFolder();
    folder.write('mount/a.yaml', policyManifest('p'));
    const { source, news, problems } = run(folder.at('mount'));
    news();
    renameSync(folder.at('mount'), folder.at('elsewhere'));
    await source.rescan();
    expect(news()).toEqual([]);
    expect(source.healthy).toBe(false);
    expect(problems).toMatchObject([{ code: 'E_MANIFEST_READ', at: { file: folder.at('mount') } }]);
    mkdirSync(folder.at('mount'));
    await source.rescan();
    expect(news()).toEqual(['-NetworkPolicy default/p']);
    expect(source.healthy).toBe(true);
  });

  it('a link that leads to itself keeps what was there', async () => {
    const folder = temporaryFolder();
    folder.write('a.yaml', podManifest('a'));
    const { source, news, problems } = run(folder.path);
    news();
    folder.remove('a.yaml');
    symlinkSync('a.yaml', folder.at('a.yaml'));
    await source.rescan();
    expect(news()).toEqual([]);
    expect(problems[0]?.message).toContain('its links go round in a circle');
  });
});
