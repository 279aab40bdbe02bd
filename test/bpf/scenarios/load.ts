/** Loads the programs with whatever capabilities it was started with, and prints what the verifier walked as JSON. Arguments: `without-conntrack`, no look-ups in the kernel's own; `without-netfilter`, no after_nat. */

import { readFileSync } from 'node:fs';
import * as native from '../../../native/index.js';
import { encodeSettings } from '../../../src/datapath/layout.ts';
import { readPolicyObject } from '../../../src/datapath/load-programs.ts';

const kernelConntrack = !process.argv.includes('without-conntrack');
const skipPrograms = process.argv.includes('without-netfilter') ? ['after_nat'] : [];
const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';

function load(): object {
  try {
    const { programs } = native.loadObject(readPolicyObject(), {
      name: 'postern',
      skipPrograms,
      maps: { conntrack: { maxEntries: 1024 }, '.rodata.settings': { initialValue: encodeSettings({ kernelConntrack }) } },
    });
    const instructions = Object.entries(programs).map(([name, { verifiedInstructions }]) => [name, verifiedInstructions] as const);
    return {
      instructions: Object.fromEntries(instructions),
      bytes: Object.fromEntries(Object.entries(programs).map(([name, { jitedBytes }]) => [name, jitedBytes])),
    };
  } catch (error) {
    const { code, log } = error as { code?: string; log?: string };
    return { refused: `${code}: ${log?.trim().split('\n').slice(-8).join('\n')}` };
  }
}

console.log(JSON.stringify({ capabilities, ...load() }));
