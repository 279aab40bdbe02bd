/** Whatever happens to a pod's flows, the program in the kernel keeps what is promised of them. */

import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flowHistory, type FlowHistory } from '../support/generators/flow-histories.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { KernelConntrack } from '../support/kernel-conntrack.ts';
import { KernelHarness } from '../support/kernel-harness.ts';
import { needsKernel } from '../support/requires.ts';
import { FlowPlayer } from './flow-player.ts';

const HISTORIES = 3000;

/** Each of these must have been met, or the histories have lost their teeth. */
const BY_SERVICE = ['send', 'open', 'answer', 'continue', 'close', 'error'].map((step) => `${step} by Service`);
const MEETINGS = ['send', 'open', 'answer', 'continue', 'close', 'fragment first', 'fragment later', 'error', ...BY_SERVICE].flatMap(
  (step) => ['allowed', 'denied'].map((promised) => `${step} ${promised}`),
);
const STEPS = ['wait', 'edit', 'evict', 'relabel', 'replace', 'die', 'sweep', 'move-node', 'rebind', 'lead', 'forget'];

describe('flows over time', needsKernel, () => {
  let conntrack: KernelConntrack;
  let kernel: KernelHarness;
  beforeAll(() => {
    // First: the namespace in which the programs run, and look flows up, is that of the thread.
    conntrack = new KernelConntrack();
    kernel = new KernelHarness();
  });
  afterAll(() => {
    kernel.close();
    conntrack.close();
  });

  it('pass and are dropped as promised, whoever opens, closes, leaves and edits', () => {
    const met = new Map<string, number>();
    const count = (what: string): unknown => met.set(what, (met.get(what) ?? 0) + 1);
    const parameters = propertyParameters<[FlowHistory]>('flows', HISTORIES);
    fc.assert(
      fc.property(flowHistory, (history) => {
        const player = new FlowPlayer(kernel, conntrack, history, (step, promised) => count(`${step} ${promised}`));
        for (const step of history.steps) {
          count(step.do);
          player.play(step);
        }
      }),
      parameters,
    );
    const sorted = [...met].toSorted(([a], [b]) => a.localeCompare(b)).map(([what, times]) => `${what} ${times}`);
    process.stderr.write(`flows: ${sorted.join(', ')}\n`);
    if ((parameters.numRuns ?? 0) >= HISTORIES) expect([...MEETINGS, ...STEPS].filter((what) => !met.has(what))).toEqual([]);
  }, 600_000);
});
