/** The Dockerfile makes the image that scripts/build-image.sh makes, of files that are there and let through to it. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT, readText } from './read-manifests.ts';

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

interface ImageConfig {
  readonly Entrypoint: readonly string[];
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
}

const instructions = readDockerfile(readText('deploy/Dockerfile'));
const stages = splitStages(instructions);
const [build = [], final = []] = stages;
const letThrough = readText('.dockerignore')
  .split('\n')
  .flatMap((line) => (line.startsWith('!') ? [line.slice(1)] : []));

describe('the Dockerfile', () => {
  it('builds on Debian 12, and ends with nothing but what was built', () => {
    expect(stages).toHaveLength(2);
    expect(build[0]?.rest).toMatch(/bookworm-slim AS build$/);
    expect(final.map(({ word, rest }) => [word, rest.split(' ')[0]]).slice(0, 2)).toEqual([
      ['FROM', 'scratch'],
      ['COPY', '--from=build'],
    ]);
  });

  it('names no image by the host of a registry', () => {
    for (const { rest } of instructions.filter(({ word }) => word === 'FROM')) expect(rest.split(' ')[0]).not.toMatch(/[.:][^/]*\//);
  });

  it('runs scripts that are there', () => {
    const scripts = build.filter(({ word }) => word === 'RUN').flatMap(({ rest }) => rest.match(/scripts\/\S+/g) ?? []);
    expect(scripts).toEqual([
      'scripts/install-system-packages.sh',
      'scripts/install-npm-packages.sh',
      'scripts/setup.sh',
      'scripts/build-image-root.sh',
    ]);
    for (const script of scripts) expect(existsSync(new URL(script, ROOT)), script).toBe(true);
  });

  it('copies into each step what the step before it lacks, of files that are let through', () => {
    const sources = build.filter(({ word, rest }) => word === 'COPY' && rest !== '. .').flatMap(({ rest }) => rest.split(' ').slice(0, -1));
    expect(sources).toContain('package-lock.json');
    for (const source of sources) {
      expect(existsSync(new URL(source, ROOT)), source).toBe(true);
      expect(
        letThrough.some((path) => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true);
    }
  });

  it('is given all that the image is made of', () => {
    // As build-image.sh says it, to know when the image is out of date.
    const parts = /hash_of ([^;]*);/.exec(readText('scripts/build-image.sh'))?.[1]?.split(' ') ?? [];
    expect(parts.length).toBeGreaterThan(5);
    for (const part of parts)
      expect(
        letThrough.some((path) => part === path || part.startsWith(`${path}/`)),
        part,
      ).toBe(true);
  });
});

describe('the image of the Dockerfile', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postern-image-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('has the entry point, environment and labels of the one that needs no Docker', () => {
    const config = writeImage(folder);
    const said = (word: string): string =>
      final
        .filter((one) => one.word === word)
        .map(({ rest }) => rest)
        .join(' ');
    expect(JSON.parse(said('ENTRYPOINT'))).toEqual(config.Entrypoint);
    expect(said('ENV').split(' ').toSorted()).toEqual(config.Env.toSorted());
    const labels = [...said('LABEL').matchAll(/(\S+)="([^"]*)"/g)].map(([, key, value]) => [key, value]);
    expect(Object.fromEntries(labels)).toEqual(config.Labels);
  });
});

/** What write-image.ts puts into an archive, around a root file system of one file. */
function writeImage(folder: string): ImageConfig {
  const root = join(folder, 'root');
  const archive = join(folder, 'image.tar');
  execFileSync('mkdir', [root]);
  writeFileSync(join(root, 'file'), '');
  execFileSync(process.execPath, ['scripts/write-image.ts', root, archive, 'name:tag'], { cwd: ROOT });
  execFileSync('tar', ['-xf', archive, '-C', folder]);
  const [{ Config }] = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as [{ Config: string }];
  return (JSON.parse(readFileSync(join(folder, Config), 'utf8')) as { config: ImageConfig }).config;
}

function readDockerfile(text: string): readonly Instruction[] {
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n');
  return lines.flatMap((line) => {
    const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
    if (word !== undefined && rest !== undefined) return [{ word, rest }];
    if (line !== '') throw new Error(`not an instruction: ${line}`);
    return [];
  });
}

function splitStages(all: readonly Instruction[]): readonly (readonly Instruction[])[] {
  const begins = all.flatMap(({ word }, index) => (word === 'FROM' ? [index] : []));
  return begins.map((begin, index) => all.slice(begin, begins[index + 1]));
}
