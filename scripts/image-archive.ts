/** Packs a root file system as an image archive with one layer, for `ctr images import`, `docker load` and `kind load image-archive`. */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';

export interface ImageOptions {
  /** Folder with the root file system. */
  readonly root: string;
  /** File to write. */
  readonly archive: string;
  /** NAME:TAG */
  readonly name: string;
  readonly entrypoint: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** GNU tar: the same files give the same bytes. */
const REPRODUCIBLE = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
/** What the image specification calls processors, by what Node calls them. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export async function writeImageArchive({ root, archive, name, entrypoint, env, labels = {} }: ImageOptions): Promise<void> {
  mkdirSync(dirname(archive), { recursive: true });
  const staging = mkdtempSync(join(dirname(archive), 'staging-'));
  try {
    const layer = join(staging, 'layer.tar');
    execFileSync('tar', [...REPRODUCIBLE, '-cf', layer, '-C', root, '.']);
    const config = JSON.stringify({
      architecture: ARCHITECTURES[process.arch],
      os: 'linux',
      config: { Entrypoint: entrypoint, Env: Object.entries(env).map((pair) => pair.join('=')), Labels: labels },
      rootfs: { type: 'layers', diff_ids: [`sha256:${await digestOf(layer)}`] },
    });
    const configName = `${createHash('sha256').update(config).digest('hex')}.json`;
    writeFileSync(join(staging, configName), config);
    writeFileSync(join(staging, 'manifest.json'), JSON.stringify([{ Config: configName, RepoTags: [name], Layers: ['layer.tar'] }]));
    const unfinished = join(staging, 'archive.tar');
    execFileSync('tar', [...REPRODUCIBLE, '-cf', unfinished, '-C', staging, 'manifest.json', configName, 'layer.tar']);
    renameSync(unfinished, archive);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await finished(createReadStream(path).on('data', (chunk) => hash.update(chunk)));
  return hash.digest('hex');
}
