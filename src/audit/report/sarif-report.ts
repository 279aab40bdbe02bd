/** Findings as SARIF 2.1.0, which code scanning of forges and editors read. */

import { jsonText } from './json-text.ts';
import type { CheckInfo, CheckReport, Finding, Related } from '../finding.ts';
import type { Location } from '../../model/error.ts';
import { VERSION } from '../../model/version.ts';
import { checkPage, HOME_PAGE } from './links.ts';
import { objectPlace, sentenceOf } from './place-text.ts';
import { sourceFile } from './source-file.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** As consumers call the root of a checkout. */
const ROOT = '%SRCROOT%';

/** Files are named from `root`, the folder of the checkout. */
export function sarifReport(report: CheckReport, checks: readonly CheckInfo[], root: string): string {
  const indexes = new Map(checks.map(({ id }, index) => [id, index]));
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: { name: 'Postern', version: VERSION, semanticVersion: VERSION, informationUri: HOME_PAGE, rules: checks.map(ruleOf) },
        },
        originalUriBaseIds: { [ROOT]: { description: { text: 'The root of the checkout.' } } },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.incomplete.length === 0,
            toolExecutionNotifications: report.incomplete.map((reason) => ({ level: 'warning', message: { text: plainText(reason) } })),
          },
        ],
        results: [
          ...report.findings.map((finding) => resultOf(finding, indexes, root)),
          ...report.ignored.map(({ finding, reason }) => ({
            ...resultOf(finding, indexes, root),
            suppressions: [{ kind: 'external', status: 'accepted', justification: reason }],
          })),
        ],
      },
    ],
  };
  return jsonText(log);
}

function ruleOf({ id, name, severity, summary, why, mend, bad, good }: CheckInfo): object {
  return {
    id,
    name: pascalCase(name),
    shortDescription: { text: plainText(summary) },
    fullDescription: { text: plainText(why) },
    help: {
      text: plainText(`${why}\n\nMend: ${mend}\n\nWith the fault:\n\n${bad.trimEnd()}\n\nWithout it:\n\n${good.trimEnd()}\n`),
      markdown: `${why}\n\n**Mend:** ${mend}\n\n**With the fault:**\n\n${yamlBlock(bad)}\n\n**Without it:**\n\n${yamlBlock(good)}\n`,
    },
    helpUri: checkPage(id),
    defaultConfiguration: { level: severity },
    properties: { tags: ['kubernetes', 'network-policy', 'security'], precision: 'high', 'problem.severity': problemSeverity(severity) },
  };
}

function resultOf(finding: Finding, indexes: ReadonlyMap<string, number>, root: string): object {
  const { check, severity, at, related, mend, fingerprint } = finding;
  const index = indexes.get(check);
  return {
    ruleId: check,
    ...(index === undefined ? {} : { ruleIndex: index }),
    level: severity,
    message: { text: plainText(`${sentenceOf(finding)}. Mend: ${mend}`) },
    locations: [locationOf(at, root)],
    ...(related.length === 0 ? {} : { relatedLocations: related.map((other, position) => relatedLocation(other, position, root)) }),
    partialFingerprints: { 'postern/v1': fingerprint },
  };
}

function relatedLocation({ message, at }: Related, index: number, root: string): object {
  return { id: index + 1, message: { text: plainText(message) }, ...locationOf(at, root) };
}

/** What has no file has at least a name. */
function locationOf(at: Location, root: string): object {
  const file = sourceFile(at, root);
  return {
    ...(file === undefined ? {} : { physicalLocation: { artifactLocation: artifactOf(file), ...regionOf(at) } }),
    ...(at.object === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: objectPlace(at), name: at.object, kind: 'object' }] }),
  };
}

function artifactOf(file: string): object {
  const uri = file
    .split('/')
    // A file may be named with half of a character, which has no encoding.
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join('/');
  if (file.startsWith('/')) return { uri: `file://${uri}` };
  // A drive of Windows.
  if (/^[a-z]:\//i.test(file)) return { uri: `file:///${uri.replace('%3A', ':')}` };
  return { uri, uriBaseId: ROOT };
}

function regionOf({ line, column }: Location): object {
  if (line === undefined) return {};
  return { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } };
}

/** `[text](link)` would be a link, also in plain text; a backslash before the bracket keeps it text. */
function plainText(text: string): string {
  return text.toWellFormed().replaceAll(/\[(?=[^\]]*\]\()/g, String.raw`\[`);
}

/** GitHub's word for the least of them is another. */
function problemSeverity(severity: CheckInfo['severity']): string {
  return severity === 'note' ? 'recommendation' : severity;
}

function pascalCase(name: string): string {
  return name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

function yamlBlock(yaml: string): string {
  return `\`\`\`yaml\n${yaml.trimEnd()}\n\`\`\``;
}
