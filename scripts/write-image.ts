/** Packs the agent's root file system as its image. Usage: write-image.ts ROOT ARCHIVE NAME:TAG */

import { readFileSync } from 'node:fs';
import { writeImageArchive } from './image-archive.ts';

const [root, archive, name] = process.argv.slice(2);
if (root === undefined || archive === undefined || name === undefined) throw new Error('usage: write-image.ts ROOT ARCHIVE NAME:TAG');
const {
  version = '',
  description = '',
  license = '',
} = JSON.parse(readFileSync('package.json', 'utf8')) as Readonly<Record<string, string>>;

await writeImageArchive({
  root,
  archive,
  name,
  entrypoint: ['/usr/local/bin/postern'],
  env: {
    PATH: '/usr/local/bin',
    // Memory over throughput: the agent's work comes in small pieces.
    NODE_OPTIONS: '--max-semi-space-size=2',
    MALLOC_ARENA_MAX: '1',
    // What was needed for a moment goes back at once. glibc would raise the first of its own accord with each large piece (mallopt(3)).
    MALLOC_MMAP_THRESHOLD_: '65536',
    MALLOC_TRIM_THRESHOLD_: '65536',
  },
  labels: {
    'org.opencontainers.image.title': 'postern',
    'org.opencontainers.image.description': description,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': license,
  },
});
