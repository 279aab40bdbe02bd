/** How the demo looks: headings, facts and drop events, in colour where the terminal has it. */

import pc from 'picocolors';
import type { DropEvent, ProbeRequest, ProbeResult } from './types.ts';

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

/** `shop/web → shop/db 5432/TCP  silence` */
export function attemptText(probe: ProbeRequest, result: ProbeResult): string {
  const outcome = result.outcome === 'timeout' ? pc.bold('silence') : pc.red(result.outcome);
  return `${pc.bold(probe.from)} → ${pc.bold(probe.to)} ${probe.port}/${probe.protocol}  ${outcome}`;
}

/** Two lines: who dropped it and why, and the packet. */
export function dropText(event: DropEvent): readonly string[] {
  const by = event.policies.length === 0 ? 'default deny' : event.policies.join(', ');
  const packet = `${event.source} → ${event.destination} ${event.protocol}`;
  return [
    `       ${pc.yellow(event.verdict)} at ${pc.bold(event.pod)}, its ${event.direction}, peer ${event.peer}: ${event.reason}, by ${pc.yellow(by)}`,
    pc.dim(`       ${event.time}  ${event.node}  ${packet}`),
  ];
}
