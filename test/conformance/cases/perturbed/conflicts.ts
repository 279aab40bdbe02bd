/** Policies that contradict each other, as one might think: the source is x/b, the destination y/c (16 cases). */

import { applyPolicy } from '../../case.ts';
import type { ConformanceCase } from '../../case.ts';
import { WHOLE_MATRIX } from './base.ts';

/** What one policy lets through; `block` rules hold IPv4 only. */
const NOTHING: readonly object[] = [];
const ANYTHING = [{}];
const EVERY_POD = [{ namespaceSelector: {} }];
const EVERY_ADDRESS = [{ ipBlock: { cidr: '0.0.0.0/0' } }];
const NO_ADDRESS = [{ ipBlock: { cidr: '0.0.0.0/31' } }];
const NO_POD = [{ namespaceSelector: { matchLabels: { nobody: 'has-this' } } }];

const fromSource = (rules: readonly object[]): object => ({
  podSelector: { matchLabels: { pod: 'b' } },
  policyTypes: ['Egress'],
  egress: rules,
});
const toDestination = (rules: readonly object[]): object => ({
  podSelector: { matchLabels: { pod: 'c' } },
  policyTypes: ['Ingress'],
  ingress: rules,
});

function conflict(name: string, policies: Readonly<Record<string, object>>, ...overrides: readonly string[]): ConformanceCase {
  const does = Object.entries(policies).map(([key, spec]) => applyPolicy(key, { ...spec }));
  return { name: `conflict: ${name}`, ...WHOLE_MATRIX, steps: [{ does, default: 'allow', overrides }] };
}

export const CONFLICT_CASES: readonly ConformanceCase[] = [
  conflict(
    'the source closed, the destination open',
    { 'x/close': fromSource(NOTHING), 'y/open': toDestination(ANYTHING) },
    'deny x/b > *',
  ),
  conflict(
    'the source open, the destination closed',
    { 'x/open': fromSource(ANYTHING), 'y/close': toDestination(NOTHING) },
    'deny * > y/c',
  ),
  conflict('egress closed and open', { 'x/close': fromSource(NOTHING), 'x/open': fromSource(ANYTHING) }),
  conflict('ingress closed and open', { 'y/close': toDestination(NOTHING), 'y/open': toDestination(ANYTHING) }),
  conflict('egress closed, and open to every pod', { 'x/close': fromSource(NOTHING), 'x/open': fromSource([{ to: EVERY_POD }]) }),
  conflict(
    'egress closed, and open to every IPv4 address',
    { 'x/close': fromSource(NOTHING), 'x/open': fromSource([{ to: EVERY_ADDRESS }]) },
    'deny x/b > * v6',
  ),
  conflict('egress open to no address, and to every pod', {
    'x/close': fromSource([{ to: NO_ADDRESS }]),
    'x/open': fromSource([{ to: EVERY_POD }]),
  }),
  conflict(
    'egress open to no pod, and to every IPv4 address',
    { 'x/close': fromSource([{ to: NO_POD }]), 'x/open': fromSource([{ to: EVERY_ADDRESS }]) },
    'deny x/b > * v6',
  ),
  conflict('ingress closed, and open to every pod', { 'y/close': toDestination(NOTHING), 'y/open': toDestination([{ from: EVERY_POD }]) }),
  conflict(
    'ingress closed, and open to every IPv4 address',
    { 'y/close': toDestination(NOTHING), 'y/open': toDestination([{ from: EVERY_ADDRESS }]) },
    'deny * > y/c v6',
  ),
  conflict('ingress open to no address, and to every pod', {
    'y/close': toDestination([{ from: NO_ADDRESS }]),
    'y/open': toDestination([{ from: EVERY_POD }]),
  }),
  conflict(
    'ingress open to no pod, and to every IPv4 address',
    { 'y/close': toDestination([{ from: NO_POD }]), 'y/open': toDestination([{ from: EVERY_ADDRESS }]) },
    'deny * > y/c v6',
  ),
  conflict('egress open to no address', { 'x/close': fromSource([{ to: NO_ADDRESS }]) }, 'deny x/b > *'),
  conflict('egress open to no pod', { 'x/close': fromSource([{ to: NO_POD }]) }, 'deny x/b > *'),
  conflict('ingress open to no address', { 'y/close': toDestination([{ from: NO_ADDRESS }]) }, 'deny * > y/c'),
  conflict('ingress open to no pod', { 'y/close': toDestination([{ from: NO_POD }]) }, 'deny * > y/c'),
];
