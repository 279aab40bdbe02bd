/** `postern agent verify`: asks a running agent whether the kernel holds what it was told, and prints the answer. */

import { Command } from 'commander';
import type { DriftOutcome } from '../agent/drift-check.ts';
import { countDiffered, type Drift } from '../model/drift.ts';
import { askAgent, socketOf } from './ask-agent.ts';
import { failWith } from './fail-with.ts';

interface VerifyFlags {
  readonly node?: string;
  readonly socket?: string;
  readonly repair: boolean;
  readonly json?: boolean;
}

/** Exit codes. */
const [SAME, DIFFERED, NOT_ASKED] = [0, 1, 2];

/** Each line of the report in words. */
const MEANINGS: Readonly<Record<string, string>> = {
  ports: 'verdicts of port sets',
  pairs: 'port sets by ruleset and identity',
  ipcache: 'identities of addresses',
  prefixes: 'identities of prefixes',
  frontends: 'Services and host ports, as the node rewrites them',
  local_pods: 'local pods by address',
  configs: 'configurations of endpoints',
  endpoints: 'interfaces and their configuration',
  settings: 'single values beside the maps',
  hooks: "programs at the pods' interfaces",
  pins: 'what is pinned',
};

export function verifyCommand(): Command {
  return new Command('verify')
    .description('compare the kernel with what the running agent wants there, and repair what differs')
    .option('--node <name>', "the agent's node, where its socket is the default one")
    .option('--socket <path>', 'unix socket of the agent (default /run/postern/NODE/agent.sock)')
    .option('--no-repair', 'leave what differs as it is')
    .option('--json', 'print the report as JSON')
    .addHelpText('after', '\nExit code: 0 nothing differed; 1 something differed, repaired or not; 2 the agent could not be asked.')
    .action((_flags: unknown, command: Command) => failWith(NOT_ASKED, () => verifyAgent(command.optsWithGlobals())));
}

async function verifyAgent(flags: VerifyFlags): Promise<void> {
  const outcome = await askAgent<DriftOutcome>(socketOf(flags), 'POST', flags.repair ? '/verify' : '/verify?repair=no');
  console.log(flags.json === true ? JSON.stringify(outcome, undefined, 2) : formatOutcome(outcome));
  process.exitCode = countDiffered(outcome) === 0 ? SAME : DIFFERED;
}

/** A table of what was compared, then what differed. */
export function formatOutcome(outcome: DriftOutcome): string {
  const rows = outcome.compared.map(({ what, count, differed, repaired }) => [
    what,
    String(count),
    String(differed),
    String(repaired),
    MEANINGS[what] ?? '',
  ]);
  const table = alignColumns([['what', 'compared', 'differed', 'repaired', ''], ...rows]);
  const differed = countDiffered(outcome);
  const took = `compared in ${Math.ceil(outcome.durationMs)} ms, at most ${Math.ceil(outcome.longestPieceMs)} ms in one piece`;
  if (differed === 0) return `${table}\n\nThe kernel holds what the agent wants there (${took}).`;
  const more = differed > outcome.drifts.length ? [`… and ${differed - outcome.drifts.length} more`] : [];
  const how = outcome.repair ? '' : '; nothing was repaired, as asked';
  return [table, '', `${differed} differed (${took})${how}:`, ...outcome.drifts.map(formatDrift), ...more].join('\n');
}

function formatDrift({ what, kind, where, expected, found, repaired, note }: Drift): string {
  const state = repaired ? 'repaired' : 'NOT repaired';
  const rest = note === undefined ? '' : `: ${note}`;
  return `  ${what} ${kind}: ${where}\n    expected ${expected ?? 'nothing'}, found ${found ?? 'nothing'}; ${state}${rest}`;
}

/** The first column and the last to the left, numbers to the right. */
function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === row.length - 1 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return rows.map(line).join('\n');
}
