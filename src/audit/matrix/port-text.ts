/** Ports in few letters, for cells and labels of edges. */

import { PROTOCOLS, type Protocol } from '../../model/verdict.ts';
import type { PortRange, Ports } from '../../policy/ports.ts';

const LAST_PORT = 65535;

/**
 * `all`, `-`, `80,443`, `53/UDP`, `80 53/UDP`, `53/TCP+UDP`, `TCP`. Where it alone has a number, TCP is not said. With `most`, what is beyond so many ranges is
 * counted: `80,443 +3`.
 */
export function shortPorts(ports: Ports, most = Number.POSITIVE_INFINITY): string {
  if (ports === 'all') return 'all';
  const ranges = PROTOCOLS.flatMap((protocol) => ports[protocol].map((range) => ({ protocol, text: rangeText(range) })));
  if (ranges.length === 0) return '-';
  const shown = ranges.slice(0, most);
  const byText = new Map<string, Protocol[]>();
  for (const protocol of PROTOCOLS) {
    const texts = shown.filter((one) => one.protocol === protocol).map(({ text }) => text);
    if (texts.length > 0) byText.set(texts.join(','), [...(byText.get(texts.join(',')) ?? []), protocol]);
  }
  const words = [...byText].map(([text, protocols]) => {
    const names = protocols.join('+');
    if (text === '') return names;
    return names === 'TCP' ? text : `${text}/${names}`;
  });
  return ranges.length > shown.length ? `${words.join(' ')} +${ranges.length - shown.length}` : words.join(' ');
}

/** Empty for every port. */
function rangeText({ first, last }: PortRange): string {
  if (first <= 1 && last === LAST_PORT) return '';
  return first === last ? String(first) : `${first}-${last}`;
}
