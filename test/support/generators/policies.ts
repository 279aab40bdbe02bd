/** NetworkPolicy specs: every feature of the API, its edges, and now and then something that must not be accepted. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { NetworkPolicyObject } from '../../../src/model/objects.ts';
import { namespaceSelector, selector } from './selectors.ts';
import { BLOCKS, NAMESPACES, POLICY_NAMES, PORT_NAMES, PORTS } from './vocabulary.ts';
import { sometimes } from './weights.ts';

const cidr = fc.oneof({ weight: 2, arbitrary: fc.constantFrom(...BLOCKS[4]) }, { weight: 1, arbitrary: fc.constantFrom(...BLOCKS[6]) });

/** An except may be equal to its cidr, hold it, lie outside it or be of the other family. */
const soundBlock: Arbitrary<unknown> = fc.record({ cidr, except: fc.uniqueArray(cidr, { maxLength: 2 }) }, { requiredKeys: ['cidr'] });

const oddBlock: Arbitrary<unknown> = fc.constantFrom<unknown[]>(
  {},
  '10.0.0.0/8',
  { cidr: '10.0.0.0' },
  { cidr: '10.0.0.0/33' },
  { cidr: '10.0.0.01/8' },
  { cidr: '::ffff:10.0.0.0/104' },
  { cidr: '10.0.0.0/8', except: ['nothing'] },
  { cidr: '10.0.0.0/8', except: '10.0.1.0/24' },
);

const soundPeer: Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ podSelector: selector }) },
  { weight: 3, arbitrary: fc.record({ namespaceSelector }) },
  { weight: 3, arbitrary: fc.record({ podSelector: selector, namespaceSelector }) },
  { weight: 4, arbitrary: fc.record({ ipBlock: sometimes(oddBlock, soundBlock) }) },
  { weight: 1, arbitrary: fc.record({ podSelector: selector, ipBlock: fc.constant(null) }) },
);

/** These match nothing; the rest of their policy holds. */
const emptyPeer: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>({}, { nodeSelector: {} }, { podSelector: null }, { podSelector: {}, nodeSelector: {} }),
  fc.record({ ipBlock: soundBlock, podSelector: selector }),
  fc.record({ ipBlock: soundBlock, namespaceSelector }),
);

const peer = fc.oneof(
  { weight: 14, arbitrary: soundPeer },
  { weight: 1, arbitrary: emptyPeer },
  { weight: 1, arbitrary: sometimes<unknown>(fc.constant('pods'), soundPeer) },
);

const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP');
const port = fc.constantFrom(...PORTS);

const soundPort: Arbitrary<unknown> = fc.oneof(
  { weight: 1, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ protocol }) },
  { weight: 5, arbitrary: fc.record({ protocol, port }, { requiredKeys: ['port'] }) },
  { weight: 3, arbitrary: fc.record({ protocol, port: fc.constantFrom(...PORT_NAMES) }, { requiredKeys: ['port'] }) },
  {
    weight: 3,
    arbitrary: fc
      .record({ protocol, port, endPort: port }, { requiredKeys: ['port', 'endPort'] })
      .map((range) => ({ ...range, port: Math.min(range.port, range.endPort), endPort: Math.max(range.port, range.endPort) })),
  },
  { weight: 1, arbitrary: fc.record({ protocol: fc.constantFrom('UDP', null), port, endPort: fc.constant(null) }) },
);

const oddPort: Arbitrary<unknown> = fc.constantFrom<unknown[]>(
  80,
  { port: 0 },
  { port: 65536 },
  { port: 80.5 },
  { port: '80' },
  { port: 'Http' },
  { port: 'a-name-too-long-for-a-port' },
  { endPort: 90 },
  { port: 90, endPort: 80 },
  { port: 80, endPort: 65536 },
  { port: 'http', endPort: 90 },
  { protocol: 'ICMP' },
  { protocol: 'tcp', port: 80 },
  { port: true },
);

const ports = fc.array(sometimes(oddPort, soundPort), { maxLength: 3 });

function rule(peersField: 'from' | 'to'): Arbitrary<unknown> {
  const fields = { [peersField]: fc.array(peer, { maxLength: 3 }), ports };
  const odd = fc.constantFrom<unknown[]>('allow', { form: [] }, { [peersField]: {} }, { ports: 80 }, [{}]);
  return sometimes<unknown>(odd, fc.record(fields, { requiredKeys: [] }));
}

const policyTypes = sometimes<unknown>(
  fc.constantFrom<unknown[]>('Ingress', ['ingress'], ['Ingress', 'Forward'], [null], {}),
  fc.constantFrom<unknown[]>(
    [],
    null,
    ['Ingress'],
    ['Egress'],
    ['Ingress', 'Egress'],
    ['Egress', 'Ingress'],
    ['Ingress', 'Egress', 'Egress'],
  ),
);

const rules = (field: 'from' | 'to'): Arbitrary<unknown> =>
  sometimes<unknown>(
    fc.constantFrom<unknown[]>('all', {}),
    fc.oneof({ weight: 8, arbitrary: fc.array(rule(field), { maxLength: 2 }) }, { weight: 1, arbitrary: fc.constant(null) }),
  );

/** Half of the policies select their whole namespace, lest most pods be selected by none. */
const subject = fc.oneof({ weight: 1, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: selector });

const soundSpec: Arbitrary<unknown> = fc.record(
  { podSelector: subject, policyTypes, ingress: rules('from'), egress: rules('to') },
  { requiredKeys: ['podSelector'] },
);

const oddSpec: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown[]>('deny', [], 7, {}, { podSelector: null }, { podselector: {} }),
  fc.record({ podSelector: subject, ingress: rules('from'), rules: fc.constant([]) }),
);

/** `spec` of a NetworkPolicy, as YAML or JSON would give it. About one in ten is invalid. */
export const policySpec: Arbitrary<unknown> = sometimes(oddSpec, soundSpec);

/** A policy without identity: see `worlds` and `histories` for those that have uid and age. */
export interface PolicyShape {
  readonly namespace: string;
  readonly name: string;
  readonly spec: unknown;
}

export const policyShape: Arbitrary<PolicyShape> = fc.record({
  namespace: fc.constantFrom(...NAMESPACES),
  name: fc.constantFrom(...POLICY_NAMES),
  spec: policySpec,
});

/** `age` orders policies: a larger one was created later. */
export function shapePolicy({ namespace, name, spec }: PolicyShape, age: number): NetworkPolicyObject {
  return { kind: 'NetworkPolicy', namespace, name, uid: `policy-${age}`, createdAt: age * 1000, annotations: {}, spec };
}
