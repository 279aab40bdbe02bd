/** Packet events as lines that people read. */

import pc from 'picocolors';
import type { NamedEvent } from '../agent/drop-log.ts';
import type { SuppressedNotice } from '../agent/suppressed-events.ts';

const FLOW_WIDTH = 44;
const SERVICE_WIDTH = 10;

/** `18:40:12.345  DROP   ingress  shop/mallory → shop/db   TCP/5432   no policy allows it: default deny by shop/db` */
export function formatEvent(event: NamedEvent): string {
  const { direction, pod, peer, protocol, port } = event;
  const [from, to] = direction === 'ingress' ? [peer, pod] : [pod, peer];
  const flow = `${from} → ${to}`.padEnd(FLOW_WIDTH);
  const service = (port === 0 ? protocol : `${protocol}/${port}`).padEnd(SERVICE_WIDTH);
  return `${pc.dim(timeOf(event.time))}  ${verdictText(event)}  ${direction.padEnd(7)}  ${flow}  ${service}  ${event.text}${pc.bold(whoseText(event))}`;
}

export function formatSuppressed({ time, pod, count }: SuppressedNotice): string {
  const events = count === 1 ? '1 more event was' : `${count} more events were`;
  return `${pc.dim(timeOf(time))}  ${pc.yellow('…'.padEnd(6))}  ${pod ?? 'other interfaces'}: ${events} not told: too many at once (the packets are counted)`;
}

/** Universal time. */
function timeOf(time: string): string {
  return time.slice(11, 23);
}

function verdictText({ verdict }: NamedEvent): string {
  switch (verdict) {
    case 'deny':
      return pc.red('DROP  ');
    case 'would-deny':
      return pc.yellow('TRIAL ');
    case 'allow':
      return pc.green('ALLOW ');
  }
}

function whoseText({ policies, allowedBy }: NamedEvent): string {
  if (allowedBy.length > 0) return `: ${allowedBy.map(({ policy, direction, rule }) => `${policy} ${direction}[${rule}]`).join(', ')}`;
  return policies.length > 0 ? `: default deny by ${policies.join(', ')}` : '';
}
