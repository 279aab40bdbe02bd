/** Histories of a few flows of one pod: packets of either side, conversations, fragments, errors, edits, silence, and what happens to peers and tables meanwhile. */

import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import type { Backend } from '../../properties/flow-proxy.ts';
import type { Segment, Tuple } from '../../properties/flow-words.ts';
import type { PeerClass, PortRule, Rule, Rules, Side } from '../../properties/flow-rules.ts';

/** Which of the history's tuples: taken modulo how many there are. */
type Which = number;
type Label = 'friend' | 'other';
/** The two peers that are pods. */
export type PodName = 'alice' | 'bob';

export type Step =
  | { readonly do: 'send'; readonly which: Which; readonly by: Side; readonly kind: number; readonly arrived: boolean }
  | { readonly do: 'open' | 'answer' | 'continue' | 'close'; readonly which: Which; readonly by: Side }
  | {
      readonly do: 'fragment';
      readonly which: Which;
      readonly by: Side;
      readonly opens: boolean;
      readonly parts: readonly ('first' | 'later')[];
      readonly id: number;
    }
  | { readonly do: 'error'; readonly which: Which; readonly about: Side; readonly fromRouter: boolean }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'edit'; readonly rules: Rules }
  | { readonly do: 'evict'; readonly which: Which | 'all' }
  | { readonly do: 'relabel' | 'replace'; readonly pod: PodName; readonly label: Label }
  | { readonly do: 'die'; readonly pod: PodName }
  | { readonly do: 'sweep' | 'move-node' }
  /** The Service's endpoints change; the kernel loses one of its flows. */
  | { readonly do: 'lead'; readonly backend: Backend }
  | { readonly do: 'forget'; readonly which: Which }
  /** The interface is lost; rules change; it is found again. */
  | { readonly do: 'rebind'; readonly ranOpen: boolean; readonly rules: Rules };

export interface FlowHistory {
  readonly tuples: readonly Tuple[];
  readonly rules: Rules;
  readonly ranOpen: boolean;
  readonly steps: readonly Step[];
}

export const SEGMENTS: Readonly<Record<Tuple['transport'], readonly Segment[]>> = {
  tcp: ['ack', 'syn', 'syn-ack', 'fin', 'rst'],
  udp: ['datagram'],
  sctp: ['chunk', 'init'],
  echo: ['reply', 'request'],
};

const side = fc.constantFrom<Side[]>('peer', 'pod');
const port = fc.constantFrom(80, 53, 40000);
const peer = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('alice', 'bob') },
  { weight: 3, arbitrary: fc.constantFrom('stranger', 'outsider') },
  { weight: 2, arbitrary: fc.constantFrom('node', 'other-node', 'itself') },
  { weight: 3, arbitrary: fc.constant('service') },
);
const tuple: Arbitrary<Tuple> = fc
  .record({
    family: fc.constantFrom<(4 | 6)[]>(4, 6),
    peer,
    transport: fc.oneof(
      { weight: 5, arbitrary: fc.constant('tcp' as const) },
      { weight: 3, arbitrary: fc.constant('udp' as const) },
      { weight: 2, arbitrary: fc.constantFrom('sctp' as const, 'echo' as const) },
    ),
    podPort: port,
    peerPort: port,
    asker: side,
  })
  .map(({ asker, ...rest }) => {
    if (rest.peer === 'service') return rest.transport === 'tcp' ? { ...rest, peerPort: 80 } : { ...rest, transport: 'udp', peerPort: 53 };
    return rest.transport === 'echo' ? { ...rest, peerPort: rest.podPort, asker } : rest;
  });

const portRule: Arbitrary<PortRule> = fc.record({
  transport: fc.constantFrom('tcp' as const, 'udp' as const, 'sctp' as const),
  port: fc.constantFrom(80, 53, 40000),
});
const rule: Arbitrary<Rule> = fc.record({
  peers: fc.oneof(
    { weight: 1, arbitrary: fc.constant('anyone' as const) },
    { weight: 4, arbitrary: fc.subarray<PeerClass>(['friend', 'other', 'block', 'nodes'], { minLength: 1, maxLength: 2 }) },
  ),
  ports: fc.oneof(
    { weight: 2, arbitrary: fc.constant('every' as const) },
    { weight: 1, arbitrary: fc.array(portRule, { minLength: 1, maxLength: 3 }) },
  ),
});
const direction = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constant<readonly Rule[]>([]) },
  { weight: 4, arbitrary: fc.array(rule, { minLength: 1, maxLength: 2 }) },
);
const rules: Arbitrary<Rules> = fc.record({ ingress: direction, egress: direction }).map(({ ingress, egress }) => ({
  ...(ingress === undefined ? {} : { ingress }),
  ...(egress === undefined ? {} : { egress }),
}));

const which = fc.nat(3);
const podName = fc.constantFrom<PodName[]>('alice', 'bob');
const label = fc.constantFrom<Label[]>('friend', 'other');
const step: Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      which,
      by: side,
      kind: fc.nat(4),
      arrived: fc.constantFrom(true, true, false),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('open' as const), which, by: side }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constantFrom('continue' as const, 'continue' as const, 'answer' as const), which, by: side }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), which, by: side }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fragment' as const),
      which,
      by: side,
      opens: fc.boolean(),
      parts: fc.array(fc.constantFrom('first' as const, 'later' as const), { minLength: 1, maxLength: 3 }),
      id: fc.integer({ min: 1, max: 2 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('error' as const), which, about: side, fromRouter: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.constantFrom(10, 40, 80, 130, 500, 700, 90_000) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('edit' as const), rules }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('evict' as const), which: fc.oneof(which, fc.constant('all' as const)) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('relabel' as const, 'replace' as const), pod: podName, label }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), pod: podName }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('sweep' as const, 'sweep' as const, 'move-node' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('lead' as const), backend: fc.constantFrom<Backend[]>('alice', 'bob', 'stranger', 'outsider') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rebind' as const), ranOpen: fc.boolean(), rules }) },
);

/** The pod's flows to the Service. */
const toService: Arbitrary<Tuple> = fc
  .record({ family: fc.constantFrom<(4 | 6)[]>(4, 6), peer: fc.constant('service'), tcp: fc.boolean(), podPort: port })
  .map(({ tcp, ...rest }) => ({ ...rest, transport: tcp ? 'tcp' : 'udp', peerPort: tcp ? 80 : 53 }));

export const flowHistory: Arbitrary<FlowHistory> = fc.record({
  tuples: fc.oneof(
    { weight: 3, arbitrary: fc.array(tuple, { minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.array(toService, { minLength: 1, maxLength: 2 }) },
  ),
  rules,
  ranOpen: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 24, size: 'max' }),
});
