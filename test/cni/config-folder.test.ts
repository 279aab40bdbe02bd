/** The folder of CNI configurations: which file gets our entry, and that all are as they were once it is gone. */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installEntry, removeEntries } from '../../src/cni/config-folder.ts';
import { PLUGIN_TYPE } from '../../src/cni/plugin-list.ts';
import { removePlugin } from '../../src/cni/remove-plugin.ts';

const ENTRY = { type: PLUGIN_TYPE, socket: '/run/postern/n1/agent.sock' } as const;
const list = (name: string, ...types: readonly string[]): string =>
  JSON.stringify({ cniVersion: '1.0.0', name, plugins: types.map((type) => ({ type })) }, undefined, 2);
const SINGLE = '{"cniVersion":"0.3.1","name":"one","type":"bridge"}\n';

describe('the folder of CNI configurations', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  const typesIn = (name: string): string[] => (JSON.parse(read(name)) as { plugins: { type: string }[] }).plugins.map(({ type }) => type);
  const picture = (): Record<string, string> => Object.fromEntries(readdirSync(folder).map((name) => [name, read(name)]));

  it('has the entry in the first list by name, once, and only there', () => {
    put('20-b.conflist', list('b', 'ptp'));
    put('10-a.conflist', list('a', 'bridge', 'portmap'));
    put('README', 'plugins');
    const before = picture();
    expect(installEntry(folder, ENTRY)).toEqual({ file: '10-a.conflist', changed: true, problems: [] });
    expect(typesIn('10-a.conflist')).toEqual(['bridge', 'portmap', PLUGIN_TYPE]);
    expect(installEntry(folder, ENTRY).changed).toBe(false);
    expect(read('20-b.conflist')).toBe(before['20-b.conflist']);
    expect(removeEntries(folder)).toEqual({ changed: ['10-a.conflist'], problems: [] });
    expect(picture()).toEqual(before);
  });

  it('moves the entry to what comes before all others later, and gives back what had it', () => {
    put('20-b.conflist', list('b', 'ptp'));
    installEntry(folder, ENTRY);
    put('10-a.conf', SINGLE);
    const { file } = installEntry(folder, ENTRY);
    expect(file).toBe('10-a.0-postern.conflist');
    expect(readdirSync(folder).toSorted()[0]).toBe(file);
    expect(read('20-b.conflist')).toBe(list('b', 'ptp'));
    rmSync(join(folder, '10-a.conf'));
    expect(installEntry(folder, ENTRY).file).toBe('20-b.conflist');
    expect(readdirSync(folder)).toEqual(['20-b.conflist']);
  });

  it.each(['10-one.conf', '10-one.json', 'conf.conf'])('has a list beside %s that sorts before it and follows it', (name) => {
    put(name, SINGLE);
    const before = picture();
    const { file = '' } = installEntry(folder, ENTRY);
    expect(readdirSync(folder).toSorted()).toEqual([file, name]);
    expect(typesIn(file)).toEqual(['bridge', PLUGIN_TYPE]);
    put(name, SINGLE.replace('bridge', 'ptp'));
    expect(installEntry(folder, ENTRY).changed).toBe(true);
    expect(typesIn(file)).toEqual(['ptp', PLUGIN_TYPE]);
    put(name, SINGLE);
    removeEntries(folder);
    expect(picture()).toEqual(before);
  });

  it('is as it was, whatever stood in it', () => {
    const files = fc.dictionary(
      fc.constantFrom('00-x.conf', '05-y.json', '10-a.conflist', '20-b.conflist', '30-c.conflist', 'notes.txt'),
      fc.constantFrom(list('a', 'bridge', 'portmap'), list('b', 'ptp'), SINGLE, '{"cniVersion":"1.0', '', '[]', '{"plugins":[]}'),
    );
    fc.assert(
      fc.property(files, (content) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        for (const [name, text] of Object.entries(content)) put(name, text);
        const before = picture();
        const { file } = installEntry(folder, ENTRY);
        expect(file === undefined ? [] : typesIn(file).slice(-1)).toEqual(file === undefined ? [] : [PLUGIN_TYPE]);
        expect(removeEntries(folder).problems).toEqual([]);
        expect(picture()).toEqual(before);
      }),
      { numRuns: 60 },
    );
  });

  it('passes over what no runtime can use, touches it not, and says so', () => {
    put('10-broken.conflist', '{"cniVersion":"1.0.0","plugins":[{"ty');
    put('20-b.conflist', list('b', 'ptp'));
    const { file, problems } = installEntry(folder, ENTRY);
    expect(file).toBe('20-b.conflist');
    expect(problems.map(({ code, at }) => [code, at.file])).toEqual([['E_CNI_CONFIG', join(folder, '10-broken.conflist')]]);
    expect(read('10-broken.conflist')).toBe('{"cniVersion":"1.0.0","plugins":[{"ty');
  });

  it('keeps the mode of a file, and writes through a link to it', () => {
    mkdirSync(join(folder, 'real'));
    writeFileSync(join(folder, 'real', 'net'), list('a', 'bridge'));
    chmodSync(join(folder, 'real', 'net'), 0o640);
    symlinkSync(join('real', 'net'), join(folder, '10-a.conflist'));
    installEntry(folder, ENTRY);
    expect(typesIn('10-a.conflist')).toEqual(['bridge', PLUGIN_TYPE]);
    expect(statSync(join(folder, 'real', 'net')).mode & 0o777).toBe(0o640);
    removeEntries(folder);
    expect(read('10-a.conflist')).toBe(list('a', 'bridge'));
  });

  it('has what its owner wrote since, without our entry, once that is removed; and its program is gone', () => {
    put('10-a.conflist', list('a', 'bridge'));
    installEntry(folder, ENTRY);
    const edited = JSON.parse(read('10-a.conflist')) as { plugins: object[] };
    edited.plugins.push({ type: 'tuning' });
    put('10-a.conflist', JSON.stringify(edited));
    put(PLUGIN_TYPE, 'program');
    expect(removePlugin({ confDir: folder, binDir: folder })).toBe('the plugin is out of 10-a.conflist; its program is gone');
    expect(typesIn('10-a.conflist')).toEqual(['bridge', 'tuning']);
    expect(readdirSync(folder)).toEqual(['10-a.conflist']);
  });

  it('that is not there is an error', () => {
    expect(() => installEntry(join(folder, 'none'), ENTRY)).toThrow(expect.objectContaining({ code: 'E_CNI_FOLDER' }));
  });
});
