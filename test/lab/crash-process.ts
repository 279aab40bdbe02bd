/** Makes the lab that its first argument names, to be killed at it. */

import { Lab } from '../../src/lab/lab.ts';
import { podManifest } from './lab-support.ts';

await Lab.up({ name: process.argv[2] ?? '', objects: ['x/a', 'x/b', 'y/a', 'y/b'].map((key) => podManifest(key)), enforce: false });
