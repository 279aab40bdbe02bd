/** A matrix of names that mean something to whoever shows it. */

import type { MatrixReport } from '../../../src/audit/matrix/matrix-report.ts';
import { makeReport, tcp } from './matrix-builder.ts';

/** Names that mean something in one format or another. None has a place in Kubernetes, but files say what they will. */
export const HOSTILE_NAMES: readonly string[] = [
  '</script><script>globalThis.broken=1</script>',
  '<img src=x onerror="globalThis.broken=1">',
  '"; globalThis.broken=1; "',
  "=cmd|' /C calc'!A0",
  'a,"b"\r\nc',
  'a|b`c`*d*_e_[f](javascript:alert)',
  'quote\\" -> evil [label="x"]; }',
  'end; subgraph x["y"] %%{init: {}}%%',
  '\u001b[31mred\u001b[0m\u0007',
  '\u202egnp.exe',
  '<!-- ]]> --> &amp; &#60;',
  '__proto__',
];

/** Each hostile name as a workload's, a namespace's, a kind's and an outside network's; all reach all. */
export function makeHostile(): MatrixReport {
  return makeReport(
    [
      ...HOSTILE_NAMES.map((name, at) => ({ namespace: HOSTILE_NAMES[(at + 1) % HOSTILE_NAMES.length] ?? '', workload: name, name })),
      ...HOSTILE_NAMES.map((name) => ({ name, kind: 'outside' as const })),
    ],
    HOSTILE_NAMES.slice(0, 3).map((name) => ({
      name: `${name}/${name}`,
      selects: [[HOSTILE_NAMES[(HOSTILE_NAMES.indexOf(name) + 1) % HOSTILE_NAMES.length], name, name].join('/')],
      ingress: [{ peers: 'any', ports: tcp(80), text: name }],
      place: `${name}:1`,
    })),
    { input: HOSTILE_NAMES[0] ?? '', incomplete: [...HOSTILE_NAMES] },
  );
}
