/** Drift of the kernel's maps: found, told, mended. */

import { afterAll } from 'vitest';
import { KernelDatapath } from '../../src/datapath/kernel.ts';
import { BpfFolder } from '../native/support/bpf-folder.ts';
import { needsKernel } from '../support/requires.ts';
import { describeVerify } from './verify-contract.ts';

let folder: BpfFolder | undefined;

describeVerify('a comparison with the datapath in the kernel', needsKernel, () => {
  folder = new BpfFolder();
  return KernelDatapath.open({ bpfRoot: folder.path, conntrackRows: 1024 });
});

afterAll(() => folder?.[Symbol.dispose]());
