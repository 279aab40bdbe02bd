/** Whatever happens to objects, versions and connections: in the end the source has told what the server holds, and took away nothing that it had not told. */

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { podManifest, type Manifest } from '../support/builders/manifests.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { Listener } from './support/listener.ts';
import type { Fault } from './support/fake-api-server.ts';

const FAULTS: readonly Fault[] = [
  { kind: 'refuse', status: 503, message: 'starting' },
  { kind: 'refuse', status: 410, message: 'expired' },
  { kind: 'instant end' },
  { kind: 'silence' },
  { kind: 'break' },
];

type Step =
  | { readonly do: 'put' | 'remove'; readonly name: number; readonly mark: number }
  | { readonly do: 'compact' | 'bookmark' | 'expire' | 'end' | 'cut' | 'mend' | 'wait' }
  | { readonly do: 'misbehave'; readonly fault: Fault; readonly lists: boolean };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('put', 'remove'), name: fc.nat(6), mark: fc.nat(100) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('compact', 'bookmark', 'expire', 'end', 'cut', 'mend', 'wait') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('misbehave'), fault: fc.constantFrom(...FAULTS), lists: fc.boolean() }) },
);

function objectOf(name: number, mark: number): Manifest {
  const labels = { mark: String(mark) };
  if (name % 3 === 0) return { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${name}`, labels } };
  return podManifest(`shop/pod-${name}`, { labels, addresses: ['10.1.0.1'] });
}

async function take(listener: Listener, step: Step): Promise<void> {
  const { server } = listener;
  switch (step.do) {
    case 'put':
      return server.put(objectOf(step.name, step.mark));
    case 'remove':
      return server.remove(objectOf(step.name, 0));
    case 'compact':
      return server.compact();
    case 'bookmark':
      return server.bookmark();
    case 'expire':
      return server.expireWatches();
    case 'end':
      return server.endWatches();
    case 'cut':
      return server.endWatches(true);
    case 'misbehave':
      return server.misbehave(({ watch }) => (watch || step.lists ? step.fault : undefined));
    case 'mend':
      return server.misbehave();
    case 'wait':
      await sleep(3);
  }
}

describe('the source of the API server', () => {
  it('ends with what the server holds after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEP, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), async (steps, pageSize) => {
        await using listener = new Listener();
        await listener.start({ pageSize, idleMs: 30 });
        for (const step of steps) await take(listener, step);
        listener.server.misbehave();
        await listener.agree();
      }),
      propertyParameters('reflected histories', 100),
    );
  });
});
