/** Ports in few letters, for cells and labels of edges. */

import { PROTOCOLS } from '../../model/verdict.ts';
import type { PortRange, Ports } from '../../policy/ports.ts';

const LAST_PORT = 65535;

/** `all`, `-`, `80,443`, `53/UDP`, `80 53/UDP`, `TCP`. TCP is not said where it has numbers. With `most`, what is beyond so many ranges is counted: `80,443 +3`. */
export function shortPorts(ports: Ports, most = Number.POSITIVE_INFINITY): string {
  if (ports === 'all') return 'all';
  const ranges = PROTOCOLS.flatMap((protocol) => ports[protocol].map((range) => ({ protocol, range })));
  if (ranges.length === 0) return '-';
  const shown = ranges.slice(0, most);
  const groups = PROTOCOLS.map((protocol) => ({
    protocol,
    texts: shown.filter((one) => one.protocol === protocol).map(({ range }) => rangeText(range)),
  })).filter(({ texts }) => texts.length > 0);
  const words = groups.map(({ protocol, texts }) => {
    if (texts[0] === '') return protocol;
    return protocol === 'TCP' ? texts.join(',') : `${texts.join(',')}/${protocol}`;
  });
  return ranges.length > shown.length ? `${words.join(' ')} +${ranges.length - shown.length}` : words.join(' ');
}

/** Empty for every port. */
function rangeText({ first, last }: PortRange): string {
  if (first <= 1 && last === LAST_PORT) return '';
  return first === last ? String(first) : `${first}-${last}`;
}
