/** Where each source gets to, with what is alike said once. */

import { portsKey, type Ports } from '../../policy/ports.ts';
import type { MatrixPeer } from './matrix-report.ts';
import { fullName, isWanted, plainText, type MatrixView } from './matrix-view.ts';

/** Some destinations on which the same is allowed. */
export interface Reach {
  readonly ports: Ports;
  readonly denied: boolean;
  /** `shop/Deployment/web`, `shop/* (12)` where it is the whole namespace, `everything` where it is all there is. */
  readonly names: readonly string[];
}

/** Tells where a source gets to, by ports; what is denied comes last. Sources of one class get to the same places, which are looked for once. */
export function summarizeReach(view: MatrixView): (source: MatrixPeer) => readonly Reach[] {
  const sizes = countNamespaces(view);
  const known = new Map<number, readonly Reach[]>();
  return (source) => {
    let reaches = known.get(source.class);
    if (reaches === undefined) {
      reaches = reachOf(view, source, sizes);
      known.set(source.class, reaches);
    }
    return reaches;
  };
}

function reachOf(view: MatrixView, source: MatrixPeer, sizes: ReadonlyMap<string, number>): Reach[] {
  const byPorts = new Map<string, { readonly ports: Ports; readonly denied: boolean; readonly peers: MatrixPeer[] }>();
  let asked = 0;
  for (const destination of view.peers) {
    const pair = view.look(source, destination);
    if (pair === undefined) continue;
    asked += 1;
    if (!isWanted(pair, view.options)) continue;
    const key = portsKey(pair.ports);
    const same = byPorts.get(key);
    if (same === undefined) byPorts.set(key, { ports: pair.ports, denied: pair.extent === 'none', peers: [destination] });
    else same.peers.push(destination);
  }
  return [...byPorts.values()]
    .map(({ ports, denied, peers }) => ({
      ports,
      denied,
      names: peers.length === asked && asked > 1 ? ['everything'] : mergeNames(peers, sizes),
    }))
    .toSorted((a, b) => Number(a.denied) - Number(b.denied) || Number(b.ports === 'all') - Number(a.ports === 'all'));
}

/** How many peers each namespace has in the view. */
function countNamespaces(view: MatrixView): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { namespace } of view.peers) sizes.set(namespace, (sizes.get(namespace) ?? 0) + 1);
  return sizes;
}

function mergeNames(peers: readonly MatrixPeer[], sizes: ReadonlyMap<string, number>): string[] {
  const found = Map.groupBy(peers, ({ namespace }) => namespace);
  return [...found].flatMap(([namespace, members]) =>
    namespace !== '' && members.length > 1 && members.length === sizes.get(namespace)
      ? [`${plainText(namespace)}/* (${members.length})`]
      : members.map(fullName),
  );
}
