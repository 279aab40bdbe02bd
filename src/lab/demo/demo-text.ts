/** How the demo looks: headings, facts and drop events, in colour where the terminal has it. */

import pc from 'picocolors';
import type { NamedEvent } from '../../agent/drop-log.ts';
import type { ProbeRequest, ProbeResult } from '../types.ts';

const WIDTH = 100;

export function terminalWidth(): number {
  return Math.min(process.stdout.columns ?? WIDTH, 160);
}

export function heading(number: number, title: string, why: string): string {
  return `\n${pc.bold(pc.cyan(`${number}  ${title}`))}\n${pc.dim(`   ${why}`)}\n`;
}

export function fact(text: string): string {
  return `   ${text}`;
}

export function good(text: string): string {
  return `   ${pc.green('✔')} ${text}`;
}

export function bad(text: string): string {
  return `   ${pc.red('✘')} ${text}`;
}

export function milliseconds(since: number): string {
  return `${Math.round(performance.now() - since)} ms`;
}

/** `shop/web → shop/db 5432/TCP` */
export function pathText(probe: ProbeRequest): string {
  return `${pc.bold(probe.from)} → ${pc.bold(probe.to)} ${probe.port}/${probe.protocol}`;
}

/** A path, and what came of it. */
export function attemptText(probe: ProbeRequest, result: ProbeResult): string {
  return `${pathText(probe)}  ${result.outcome === 'timeout' ? pc.bold('silence') : pc.red(result.outcome)}`;
}

/** Whose interface dropped it and why, by which policies, and the packet. */
export function dropText(event: NamedEvent): readonly string[] {
  const way =
    event.direction === 'egress' ? `leaving ${pc.bold(event.pod)} for ${event.peer}` : `entering ${pc.bold(event.pod)} from ${event.peer}`;
  const packet = `${hostPort(event.source, event.sourcePort)} → ${hostPort(event.destination, event.port)} ${event.protocol}`;
  return [
    `       ${pc.yellow('dropped')} ${way}: ${event.text}`,
    ...(event.policies.length === 0 ? [] : [`       isolated by ${pc.yellow(event.policies.join(', '))}`]),
    pc.dim(`       ${event.time}  ${event.node}  ${event.reason}  ${packet}`),
  ];
}

function hostPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
