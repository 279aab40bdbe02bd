/** The kernel driver keeps the datapath's contract. */

import { afterAll } from 'vitest';
import { BpfFolder } from '../native/support/bpf-folder.ts';
import { needsKernel } from '../support/requires.ts';
import { describeDatapath } from './contract.ts';
import { openKernelDriver } from './kernel-driver.ts';

let folder: BpfFolder | undefined;

describeDatapath('the datapath in the kernel', needsKernel, () => {
  folder = new BpfFolder();
  return openKernelDriver(folder.path);
});

afterAll(() => folder?.[Symbol.dispose]());
