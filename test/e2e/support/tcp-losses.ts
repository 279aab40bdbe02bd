/** How many TCP segments a namespace has lost. */

import { readFileSync } from 'node:fs';

/** Segments that this namespace sent again and that the other side had not yet had: one for every packet that was lost, however slow the machine. */
export function readLosses(): number {
  return readCounter('snmp', 'Tcp', 'RetransSegs') - readCounter('netstat', 'TcpExt', 'TCPDSACKRecv');
}

/** A pair of lines for each group: names, then values. */
function readCounter(file: 'snmp' | 'netstat', group: string, name: string): number {
  const [names, values] = readFileSync(`/proc/self/net/${file}`, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith(`${group}:`))
    .map((line) => line.split(' '));
  return Number(values?.[names?.indexOf(name) ?? -1]);
}
