/** Makes the lab that its first argument names, to be killed at it. A second argument `enforce` has agents run in it. */

import { Lab } from '../../src/lab/lab.ts';
import { podManifest } from './lab-support.ts';

const [, , name = '', mode] = process.argv;
const objects = ['x/a', 'x/b', 'y/a', 'y/b'].map((key) => podManifest(key));
await Lab.up({ name, objects, enforce: mode === 'enforce' });
