/** Rows of the semantics about address blocks and addresses. */

import { applyPolicy } from '../case.ts';
import type { ConformanceCase, Step } from '../case.ts';

const A = { matchLabels: { pod: 'a' } };

/** One step: x/a may go to these blocks only; lines say where it gets. */
function to(blocks: readonly { readonly cidr: string; readonly except?: readonly string[] }[], ...lines: readonly string[]): Step {
  const egress = [{ to: blocks.map((ipBlock) => ({ ipBlock })) }];
  return {
    does: [applyPolicy('x/p', { podSelector: A, policyTypes: ['Egress'], egress })],
    default: 'allow',
    overrides: ['deny x/a > *', ...lines],
  };
}

export const BLOCK_SEMANTICS: readonly ConformanceCase[] = [
  {
    name: 'ipBlock with host bits set is masked',
    // x/b and y/a run on node-2, whose pods share a /24; y/b runs on node-1
    pods: ['x/a', 'x/b', 'y/a', 'y/b'],
    others: ['stranger'],
    ports: ['80/TCP'],
    steps: [
      to([{ cidr: '{x/b}/24' }], 'allow x/a > x/b,y/a v4'),
      to([{ cidr: '198.51.100.200/24' }], 'allow x/a > stranger v4'),
      to([{ cidr: '2001:db8:ffff::1/32' }], 'allow x/a > stranger v6'),
    ],
  },
  {
    name: '`except` equal to the cidr: the block matches nothing; outside: no effect',
    pods: ['x/a', 'x/b', 'y/b'],
    others: ['stranger'],
    ports: ['80/TCP'],
    steps: [
      to([{ cidr: '0.0.0.0/0', except: ['0.0.0.0/0'] }]),
      to([{ cidr: '{x/b}/32', except: ['0.0.0.0/0'] }]),
      to([{ cidr: '{x/b}/32', except: ['203.0.113.0/24'] }], 'allow x/a > x/b v4'),
      to([{ cidr: '{x/b}/32', except: ['::/0'] }], 'allow x/a > x/b v4'),
    ],
  },
  {
    name: 'families never mix; `::/0` is IPv6 only',
    pods: ['x/a', 'x/b', 'y/b'],
    others: ['stranger'],
    ports: ['80/TCP', '80/UDP', 'ICMP'],
    steps: [
      to([{ cidr: '0.0.0.0/0' }], 'allow x/a > * v4'),
      to([{ cidr: '::/0' }], 'allow x/a > * v6'),
      to([{ cidr: '::/1' }], 'allow x/a > stranger v6'),
      to([{ cidr: '::/0' }, { cidr: '198.51.100.0/24' }], 'allow x/a > * v6', 'allow x/a > stranger v4'),
    ],
  },
  {
    name: '`ipBlock.except`: this block does not match there; another rule may still allow it',
    pods: ['x/a', 'x/b', 'y/b'],
    ports: ['80/TCP', '81/TCP'],
    steps: [
      to([{ cidr: '0.0.0.0/0', except: ['{x/b}/32', '{y/b}/32'] }]),
      {
        does: [
          applyPolicy('x/p', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [
              { to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['{x/b}/32', '{y/b}/32'] } }] },
              { to: [{ podSelector: { matchLabels: { pod: 'b' } } }], ports: [{ port: 80 }] },
            ],
          }),
          applyPolicy('x/q', {
            podSelector: A,
            policyTypes: ['Egress'],
            egress: [{ to: [{ ipBlock: { cidr: '{y/b}/32' } }], ports: [{ port: 81 }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny x/a > *', 'allow x/a > x/b :80', 'allow x/a > y/b :81 v4'],
      },
    ],
  },
  {
    name: 'two ipBlocks with the same cidr and different excepts are independent',
    pods: ['x/a', 'x/b', 'y/b', 'z/c'],
    ports: ['80/TCP'],
    steps: [
      to(
        [
          { cidr: '10.0.0.0/8', except: ['{x/b}/32', '{y/b}/32'] },
          { cidr: '10.0.0.0/8', except: ['{y/b}/32', '{z/c}/32'] },
        ],
        'allow x/a > x/b v4',
        'allow x/a > z/c v4',
      ),
    ],
  },
  {
    name: 'ipBlock and pod addresses: an ipBlock matches pod addresses too',
    pods: ['x/a', 'x/b', 'y/b'],
    others: ['stranger'],
    ports: ['80/TCP', '80/UDP'],
    steps: [
      to([{ cidr: '{y/b}/32' }, { cidr: '{x/b.6}/128' }], 'allow x/a > y/b v4', 'allow x/a > x/b v6'),
      {
        does: [
          applyPolicy('x/p', {
            podSelector: A,
            policyTypes: ['Ingress'],
            ingress: [{ from: [{ ipBlock: { cidr: '{y/b}/32' } }, { ipBlock: { cidr: '2001:db8::/32' } }] }],
          }),
        ],
        default: 'allow',
        overrides: ['deny * > x/a', 'allow y/b > x/a v4', 'allow stranger > x/a v6'],
      },
    ],
  },
];
