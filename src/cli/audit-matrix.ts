/** `postern audit matrix`: who reaches whom on which ports, in the form that is asked for. */

import { describeGaps } from '../audit/input/describe-gaps.ts';
import { makeMatrix } from '../audit/matrix/make-matrix.ts';
import { csvRows } from '../audit/matrix/matrix-csv.ts';
import { formatDot } from '../audit/matrix/matrix-dot.ts';
import type { MatrixFormat } from '../audit/matrix/matrix-formats.ts';
import { jsonPieces } from '../audit/matrix/matrix-json.ts';
import { listMatrix, type ListOptions } from '../audit/matrix/matrix-list.ts';
import { formatMarkdown } from '../audit/matrix/matrix-markdown.ts';
import { formatMermaid } from '../audit/matrix/matrix-mermaid.ts';
import { tableMatrix } from '../audit/matrix/matrix-table.ts';
import { selectView, type MatrixView, type ViewOptions } from '../audit/matrix/matrix-view.ts';
import { parsePortQuery } from '../audit/matrix/port-query.ts';
import { AuditModel } from '../audit/model/audit-model.ts';
import { readConfig } from './audit-config.ts';
import { EXIT, exitCode } from './audit-exit.ts';
import { readInput } from './audit-input.ts';
import type { ConfigFlags, InputFlags, OutputFlags } from './audit-options.ts';
import { resolveOutputs, wantsColour, writeOutput } from './audit-outputs.ts';
import { Progress } from './audit-progress.ts';
import { failWith } from './fail-with.ts';

export interface MatrixFlags extends InputFlags, ConfigFlags, OutputFlags {
  readonly by: 'workload' | 'pod';
  readonly peersIn?: readonly string[];
  readonly only?: 'allowed' | 'denied';
  readonly ports?: string;
}

/** Of lines that no terminal bounds. */
const DEFAULT_WIDTH = 160;

/** False where nothing says what is to be audited. Sets the exit code. */
export async function runMatrix(paths: readonly string[], flags: MatrixFlags): Promise<boolean> {
  let asked = true;
  await failWith(EXIT.failed, async () => {
    const outputs = resolveOutputs(flags, 'table');
    const { networks, podCIDRs } = readConfig(flags);
    const options = viewOptions(paths, flags);
    const input = await Progress.during(async (progress) => await readInput(paths, flags, progress));
    asked = input !== undefined;
    if (input === undefined) return;
    const incomplete = describeGaps(input);
    const report = await Progress.during((progress) => {
      progress.say('judging who reaches whom');
      return { ...makeMatrix(new AuditModel(input, { podNetworks: podCIDRs }), { by: flags.by, networks }), incomplete };
    });
    const view = selectView(report, options);
    for (const output of outputs) {
      const style =
        output.file === undefined && process.stdout.isTTY
          ? { width: process.stdout.columns, colour: wantsColour(process.stdout) }
          : { width: DEFAULT_WIDTH, colour: false };
      const text = await writeMatrix(view, output.format as MatrixFormat, style, flags.ports);
      await writeOutput(output, typeof text !== 'string' || text.endsWith('\n') ? text : `${text}\n`);
    }
    process.exitCode = exitCode(false, incomplete.length > 0, flags.allowIncomplete === true);
  });
  return asked;
}

/** Of a cluster `--namespace` says which are asked about. Throws for ports that are none. */
function viewOptions(paths: readonly string[], { peersIn, namespace, only, ports }: MatrixFlags): ViewOptions {
  const namespaces = peersIn ?? (paths.length === 0 ? namespace : undefined);
  const query = parsePortQuery(ports ?? '');
  return {
    ...(namespaces === undefined ? {} : { namespaces }),
    ...(only === undefined ? {} : { only }),
    ...(query === undefined ? {} : { ports: query }),
  };
}

/** `ports`: as they were typed. */
async function writeMatrix(view: MatrixView, format: MatrixFormat, style: ListOptions, ports = ''): Promise<string | Iterable<string>> {
  switch (format) {
    case 'table':
      return tableMatrix(view, style);
    case 'list':
      return listMatrix(view, style);
    case 'csv':
      return csvRows(view);
    case 'json':
      return jsonPieces(view);
    case 'markdown':
      return formatMarkdown(view);
    case 'dot':
      return formatDot(view);
    case 'mermaid':
      return formatMermaid(view);
    case 'html': {
      const { makePage } = await import('../audit/page/make-page.ts');
      const { namespaces = [], only = 'all' } = view.options;
      return makePage(view.report, { filters: { namespaces, show: only, ports } });
    }
  }
}
