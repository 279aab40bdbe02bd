/** Nothing leaks: descriptors and mappings before and after ten thousand handles of each kind, fewer of those that take the kernel milliseconds. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { obstacle } from './support/kernel-access.ts';
import { NetworkNamespace } from './support/network-namespace.ts';

interface Count {
  readonly descriptors: number;
  readonly mappings: number;
}

const KINDS = [
  'maps',
  'memory',
  'programs',
  'objects',
  'refusedObjects',
  'layouts',
  'links',
  'netlink',
  'refusedNetlink',
  'rings',
  'refusedRings',
  'drains',
  'filters',
  'listeners',
];

describe.skipIf(obstacle !== undefined)('opening and closing handles', () => {
  let own: NetworkNamespace;
  let seen: { readonly before: Count; readonly after: Readonly<Record<string, Count & { readonly opened: number }>> };

  beforeAll(() => {
    own = new NetworkNamespace();
    seen = own.runScript(new URL('scenarios/handles.ts', import.meta.url));
  }, 300_000);

  afterAll(() => {
    own[Symbol.dispose]();
  });

  it('was tried with every kind', () => {
    expect(Object.keys(seen.after)).toEqual(KINDS);
  });

  it.each(KINDS)('leaves nothing behind: %s', (kind) => {
    const { opened, ...left } = seen.after[kind]!;
    expect(opened).toBeGreaterThanOrEqual(200);
    expect(left).toEqual(seen.before);
  });
});
