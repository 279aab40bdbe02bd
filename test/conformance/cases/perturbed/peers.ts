/** The base policy with other peers, in each direction none, each of ten kinds, and each pair of them (112 cases). */

import type { Manifest } from '../../../support/builders/manifests.ts';
import type { ConformanceCase } from '../../case.ts';
import { BASE_EGRESS, BASE_INGRESS, perturbed } from './base.ts';
import { PAIRS_IN, PAIRS_OUT, SINGLES_IN, SINGLES_OUT } from './peer-tables.ts';
import type { PeerKind } from './peer-tables.ts';

const C = { matchLabels: { pod: 'c' } };
const X = { matchLabels: { ns: 'x' } };

/**
 * The block is the /24 of z/c's node. An except of a few more bits would hold all of its pods or none, as the plugin gave out
 * addresses, so the except is z/c itself.
 */
const PEERS: Readonly<Record<PeerKind, Manifest>> = {
  'own pods': { podSelector: {} },
  'own pods c': { podSelector: C },
  'every namespace': { namespaceSelector: {} },
  'every pod of every namespace': { namespaceSelector: {}, podSelector: {} },
  'pods c everywhere': { namespaceSelector: {}, podSelector: C },
  'namespace x': { namespaceSelector: X },
  'every pod of namespace x': { namespaceSelector: X, podSelector: {} },
  'pods c of namespace x': { namespaceSelector: X, podSelector: C },
  block: { ipBlock: { cidr: '{z/c|24}' } },
  'block with except': { ipBlock: { cidr: '{z/c|24}', except: ['{z/c}/32'] } },
};

export const PEER_CASES: readonly ConformanceCase[] = [
  perturbed('ingress peers: none, so anyone', { from: [] }, ['deny * > x/a', 'allow * > x/a :80 TCP', ...BASE_EGRESS]),
  perturbed('egress peers: none, so anyone', { to: [] }, [...BASE_INGRESS, 'deny x/a > *', 'allow x/a > * :80 TCP']),
  ...SINGLES_IN.map(([peer, ...who]) => ingressCase([peer], who)),
  ...SINGLES_OUT.map(([peer, ...whom]) => egressCase([peer], whom)),
  ...PAIRS_IN.map(([one, other, ...who]) => ingressCase([one, other], who)),
  ...PAIRS_OUT.map(([one, other, ...whom]) => egressCase([one, other], whom)),
];

function ingressCase(kinds: readonly PeerKind[], who: readonly string[]): ConformanceCase {
  const lines = who.map((text) => {
    const [sources, family] = text.split(' ');
    return ['allow', sources, '> x/a :80 TCP', family].join(' ').trimEnd();
  });
  return perturbed(`ingress peers: ${kinds.join(' + ')}`, { from: kinds.map((kind) => PEERS[kind]) }, [
    'deny * > x/a',
    ...lines,
    ...BASE_EGRESS,
  ]);
}

function egressCase(kinds: readonly PeerKind[], whom: readonly string[]): ConformanceCase {
  const lines = whom.map((text) => {
    const [destinations, family] = text.split(' ');
    return ['allow x/a >', destinations, ':80 TCP', family].join(' ').trimEnd();
  });
  return perturbed(`egress peers: ${kinds.join(' + ')}`, { to: kinds.map((kind) => PEERS[kind]) }, [
    ...BASE_INGRESS,
    'deny x/a > *',
    ...lines,
  ]);
}
