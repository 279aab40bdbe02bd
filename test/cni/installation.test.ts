/** The plugin stays installed while the agent runs, whatever CNI providers write. */

import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CniInstallation } from '../../src/cni/installation.ts';
import { PLUGIN_TYPE } from '../../src/cni/plugin-list.ts';

const LIST = '{"cniVersion":"1.0.0","name":"a","plugins":[{"type":"bridge"}]}';
const EVENTUALLY = { timeout: 4000, interval: 20 };

describe('the installation', () => {
  let folder: string;
  let confDir: string;
  let binDir: string;
  let ready: boolean;
  let logged: unknown[];
  let installation: CniInstallation;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-test-'));
    [confDir, binDir] = [join(folder, 'conf'), join(folder, 'bin')];
    mkdirSync(confDir);
    mkdirSync(binDir);
    writeFileSync(join(folder, 'program'), 'a program');
    ready = true;
    logged = [];
  });
  afterEach(() => {
    installation.close();
    rmSync(folder, { recursive: true });
  });

  function begin(): void {
    const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
    const program = join(folder, 'program');
    installation = new CniInstallation({ confDir, binDir, socket: '/run/a.sock', program, isReady: () => ready, log });
  }

  function provide(text: string): void {
    writeFileSync(join(confDir, 'draft'), text);
    renameSync(join(confDir, 'draft'), join(confDir, '10-a.conflist'));
  }

  const content = (): string => readFileSync(join(confDir, '10-a.conflist'), 'utf8');

  it('waits for an agent that enforces', async () => {
    ready = false;
    provide(LIST);
    begin();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(content()).toBe(LIST);
    ready = true;
    await expect.poll(() => installation.status.installed, EVENTUALLY).toBe(true);
    expect(content()).toContain(PLUGIN_TYPE);
    expect(statSync(join(binDir, PLUGIN_TYPE)).mode & 0o777).toBe(0o755);
  });

  it('is made again at once by an agent that starts, where there was one', async () => {
    ready = false;
    provide(LIST);
    writeFileSync(join(binDir, PLUGIN_TYPE), 'an earlier program');
    begin();
    await expect.poll(() => installation.status.installed, EVENTUALLY).toBe(true);
    expect(readFileSync(join(binDir, PLUGIN_TYPE), 'utf8')).toBe('a program');
  });

  it('is made again, soon, where the provider writes its configuration anew', async () => {
    provide(LIST);
    begin();
    await expect.poll(() => installation.status.installed, EVENTUALLY).toBe(true);
    const { since } = installation.status;
    provide(LIST.replace('bridge', 'ptp'));
    await expect.poll(content, EVENTUALLY).toContain(PLUGIN_TYPE);
    expect(content()).toContain('ptp');
    expect(installation.status).toEqual({ installed: true, file: '10-a.conflist', since, problem: null });
  });

  it('comes with the first configuration, and says that there is none before', async () => {
    begin();
    await expect.poll(() => installation.problem?.code, EVENTUALLY).toBe('E_CNI_NONE');
    expect(logged).toEqual([expect.objectContaining({ code: 'E_CNI_NONE' })]);
    provide(LIST);
    await expect.poll(() => installation.status.installed, EVENTUALLY).toBe(true);
    expect([installation.problem, installation.status.problem]).toEqual([undefined, null]);
  });

  it('stays when the agent ends', async () => {
    provide(LIST);
    begin();
    await expect.poll(() => installation.status.installed, EVENTUALLY).toBe(true);
    installation.close();
    expect(content()).toContain(PLUGIN_TYPE);
  });

  it('says what a configuration that cannot be used has', async () => {
    provide('{');
    begin();
    await expect.poll(() => installation.status.problem, EVENTUALLY).toContain('[E_CNI_CONFIG]');
    expect(content()).toBe('{');
  });
});
