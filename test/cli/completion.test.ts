/** Completion as the shells do it: each loads its script, and is asked what it would offer. */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, type TestOptions } from 'vitest';
import { completeWords } from '../../src/cli/complete-words.ts';
import { joinBroken } from '../../src/cli/completion.ts';
import { makeProgram } from '../../src/cli/commands.ts';
import { leaveOutIf } from '../support/requires.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

async function complete(...words: string[]): Promise<{ values: string[]; files: boolean; prefix: string }> {
  const { suggestions, files, prefix } = completeWords(await makeProgram(words), words);
  return { values: suggestions.map(({ value }) => value), files, prefix };
}

describe('words that fit', () => {
  it('are the subcommands, at first', async () => {
    const { values, files } = await complete('');
    expect(values).toEqual(expect.arrayContaining(['agent', 'audit', 'completion', 'lab', 'status']));
    expect(files).toBe(false);
    expect((await complete('aud')).values).toEqual(['audit']);
  });

  it('are subcommands and, for the one that is meant where none is named, files', async () => {
    const { values, files } = await complete('audit', '');
    expect(values).toEqual(expect.arrayContaining(['check', 'explain-check']));
    expect(files).toBe(true);
    expect((await complete('audit', './x', '')).values).toEqual([]);
  });

  it('are the options of the command, and of the one that is meant', async () => {
    expect((await complete('audit', '--fail')).values).toEqual(['--fail-on']);
    expect((await complete('audit', 'check', '--fail')).values).toEqual(['--fail-on']);
    expect((await complete('audit', 'explain-check', '--fail')).values).toEqual([]);
    expect((await complete('audit', '-')).values).toEqual(expect.arrayContaining(['-o', '--output', '-A', '--help']));
  });

  it('are the values of an option, also after an equals sign', async () => {
    expect((await complete('audit', '--fail-on', '')).values).toEqual(['error', 'warning', 'note', 'never']);
    expect((await complete('audit', 'x', '-o', 's')).values).toEqual(['sarif']);
    expect(await complete('audit', '--output=j')).toEqual({ values: ['json', 'junit'], files: false, prefix: '--output=' });
  });

  it('are files where an option takes one', async () => {
    expect(await complete('audit', '--baseline', 'x')).toMatchObject({ values: [], files: true });
    expect(await complete('audit', '--baseline=x')).toMatchObject({ files: true, prefix: '--baseline=' });
    expect(await complete('audit', '-o', 'sarif=x')).toMatchObject({ files: true, prefix: 'sarif=' });
    expect(await complete('audit', '--context', '')).toMatchObject({ values: [], files: false });
  });

  it('are operands alone after two dashes', async () => {
    expect(await complete('audit', '--', '-')).toMatchObject({ values: [], files: true });
  });

  it('are none for a word that is no command', async () => {
    expect(await complete('nonsense', '')).toMatchObject({ values: [], files: false });
  });

  it('leave out what is hidden', () => {
    const program = new Command('x').addCommand(new Command('seen')).addCommand(new Command('hidden'), { hidden: true });
    expect(completeWords(program, ['']).suggestions.map(({ value }) => value)).toEqual(['seen', 'help']);
  });

  it('are put together again where bash took them apart', () => {
    expect(joinBroken(['audit', '--output', '=', 'js'])).toEqual(['audit', '--output=js']);
    expect(joinBroken(['audit', '--output', '='])).toEqual(['audit', '--output=']);
    expect(joinBroken(['a', ':', 'b', 'c'])).toEqual(['a:b', 'c']);
  });
});

/** A folder with the program under its name, and files to complete. */
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'postern-completion-'));
  writeFileSync(join(folder, 'postern'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 });
  writeFileSync(join(folder, 'policy one.yaml'), '');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(shell: string, args: readonly string[]): string[] {
  const PATH = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const text = execFileSync(shell, args, {
    cwd: folder,
    env: { PATH, HOME: folder, TERM: 'dumb' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return text.split('\n').filter((line) => line !== '');
}

function needs(shell: string): TestOptions {
  return leaveOutIf(spawnSync(shell, ['--version']).error === undefined ? undefined : `needs ${shell}`);
}

describe('bash', needs('bash'), () => {
  /** bash breaks words at `=`, too. */
  function ask(...words: string[]): string[] {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const script = `source <(postern completion bash); COMP_WORDS=(postern ${quoted}); COMP_CWORD=${words.length}; _postern postern; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return run('bash', ['--norc', '-c', script]);
  }

  it('offers commands, options, values and files', () => {
    expect(ask('aud')).toEqual(['audit']);
    expect(ask('audit', '--upd')).toEqual(['--update-baseline']);
    expect(ask('audit', '--fail-on', '=', 'w')).toEqual(['warning']);
    expect(ask('audit', '--fail-on', '=')).toEqual(['error', 'warning', 'note', 'never']);
    expect(ask('audit', 'pol')).toEqual(['policy one.yaml']);
  });

  it('runs nothing of what is typed', () => {
    expect(ask('audit', '$(touch ran)', '`touch ran`; touch ran', '')).toEqual(expect.arrayContaining(['policy one.yaml']));
    expect(run('ls', [])).not.toContain('ran');
  });

  it('can be loaded twice', () => {
    expect(
      run('bash', ['--norc', '-c', 'source <(postern completion bash); source <(postern completion bash); complete -p postern']),
    ).toEqual(['complete -F _postern postern']);
  });
});

describe('zsh', needs('zsh'), () => {
  /** What a person sees who types it and presses Tab, in a terminal of zsh's own making. */
  function ask(line: string): string {
    const script = `
      zmodload zsh/zpty
      zpty -b shell 'zsh -f -i'
      zpty -w shell "PS1=; unsetopt zle_bracketed_paste 2>/dev/null; stty -echo cols 200; autoload -U compinit; compinit -u -D; source <(postern completion zsh); zstyle ':completion:*' list-prompt ''; LISTMAX=1000; echo rea''dy"
      zpty -r -m shell seen '*ready*'
      zpty -w -n shell $'${line}\\t\\C-a\\C-kecho do\\'\\'ne\\n'
      zpty -r -m shell seen '*done*'
      print -r -- "$seen"
    `;
    return run('zsh', ['-f', '-c', script]).join('\n');
  }

  it('offers commands and options with what they mean', () => {
    const values = ask('postern audit --fail-on=')
      .split('\n')
      .find((line) => line.includes('never'));
    expect(values?.trim().split(/\s+/).toSorted()).toEqual(['error', 'never', 'note', 'warning']);
    expect(ask('postern audit --')).toMatch(/--fail-on\s+-- the mildest severity/);
    expect(ask('postern l')).toContain('postern lab');
  });
});

describe('fish', needs('fish'), () => {
  function ask(line: string): string[] {
    return run('fish', ['--no-config', '-c', `postern completion fish | source; complete -C '${line}'`]);
  }

  it('offers commands, options, values and files, with what they mean', () => {
    expect(ask('postern aud')).toEqual([expect.stringMatching(/^audit\t./) as string]);
    expect(ask('postern audit --fail')).toEqual([expect.stringMatching(/^--fail-on\tthe mildest severity/) as string]);
    expect(ask('postern audit --fail-on=w')).toEqual(['--fail-on=warning']);
    expect(ask('postern audit -o sarif=pol').map((word) => word.split('\t')[0])).toEqual(['sarif=policy one.yaml']);
    expect(ask('postern audit pol').map((word) => word.split('\t')[0])).toEqual(['policy one.yaml']);
  });
});
