/** The verifier takes the programs, with and without CAP_PERFMON and the kernel's conntrack, and has little to walk. */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';

/** Instructions that the verifier may walk for one program; a kernel stops at a million. Without CAP_PERFMON it also walks what no packet can. */
const LIMIT = 40_000;
const LIMIT_WITHOUT_PERFMON = 200_000;
const PERFMON = 1n << 38n;
const SYS_ADMIN = 1n << 21n;

interface Loaded {
  /** Hexadecimal. */
  readonly capabilities: string;
  readonly instructions?: Readonly<Record<string, number>>;
  readonly bytes?: Readonly<Record<string, number>>;
  readonly refused?: string;
}

/** CAP_SYS_ADMIN stands in for CAP_PERFMON, so it goes with it. CAP_DAC_OVERRIDE: the checkout may be another user's. */
const WITHOUT_PERFMON = ['--bounding-set', '-all,+bpf,+net_admin,+dac_override'];

function load(restrictions: readonly string[], ...args: readonly string[]): Loaded {
  const script = fileURLToPath(new URL('scenarios/load.ts', import.meta.url));
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, ...args];
  return JSON.parse(execFileSync('setpriv', [...restrictions, ...node], { encoding: 'utf8' })) as Loaded;
}

describe('the verifier', needsKernel, () => {
  it.each([
    { name: 'with every capability', restrictions: [], args: [], perfmon: true },
    { name: 'without netfilter programs', restrictions: [], args: ['without-netfilter'], perfmon: true },
    { name: "without the kernel's conntrack", restrictions: [], args: ['without-conntrack'], perfmon: true },
    {
      name: 'without CAP_PERFMON and what needs it',
      restrictions: WITHOUT_PERFMON,
      args: ['without-conntrack', 'without-netfilter'],
      perfmon: false,
    },
  ])('takes the programs $name', ({ name, restrictions, args, perfmon }) => {
    const { capabilities, instructions, bytes, refused } = load(restrictions, ...args);
    expect(refused).toBeUndefined();
    expect((BigInt(`0x${capabilities}`) & (PERFMON | SYS_ADMIN)) !== 0n).toBe(perfmon);
    process.stderr.write(`${name}: instructions walked ${JSON.stringify(instructions)}, bytes of machine code ${JSON.stringify(bytes)}\n`);
    const netfilter = args.includes('without-netfilter') ? [] : ['after_nat'];
    expect(Object.keys(instructions ?? {}).toSorted()).toEqual([...netfilter, 'from_pod', 'read_clock', 'to_pod']);
    for (const [program, count] of Object.entries(instructions ?? {}))
      expect(count, program).toBeLessThan(perfmon ? LIMIT : LIMIT_WITHOUT_PERFMON);
  });
});
