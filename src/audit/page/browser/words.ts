/** What cells, rules and peers are called on the page. */

import { isEmptyPorts, type Ports } from '../../../policy/ports.ts';
import { describePorts } from '../../describe-rule.ts';
import type { MatrixPeer } from '../../matrix/matrix-report.ts';
import { fullName, plainText } from '../../matrix/matrix-view.ts';
import type { PageModel } from './page-model.ts';

export const OUTSIDE = 'outside';

export function groupTitle(namespace: string): string {
  return namespace === '' ? OUTSIDE : plainText(namespace);
}

/** `80/TCP`, `all ports`, `denied`, `not asked` */
export function verdictText(ports: Ports | undefined): string {
  if (ports === undefined) return 'not asked';
  return isEmptyPorts(ports) ? 'denied' : describePorts(ports);
}

/** For the line of status and for readers of the screen. */
export function cellText({ portsOf }: PageModel, source: MatrixPeer, destination: MatrixPeer): string {
  const ports = portsOf(source, destination);
  const verdict = ports === undefined || isEmptyPorts(ports) ? verdictText(ports) : `allowed on ${describePorts(ports)}`;
  return `${fullName(source)} to ${fullName(destination)}: ${verdict}`;
}

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** How a peer is introduced: `Deployment in shop, 3 pods`. */
export function peerText({ kind, workload, namespace, pods }: MatrixPeer): string {
  switch (kind) {
    case 'outside':
      return 'Network outside of the cluster';
    case 'pod':
      return `Pod of a ${plainText(workload)} in ${plainText(namespace)}`;
    case 'workload':
      return `${plainText(workload)} in ${plainText(namespace)}, ${pods === 0 ? 'no pods now' : countText(pods, 'pod')}`;
  }
}
