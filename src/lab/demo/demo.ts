/** The demo: a shop whose policies bite real packets, shown step by step, and judged. */

import { setTimeout as sleep } from 'node:timers/promises';
import pc from 'picocolors';
import { collectDrops } from '../probing/collect-drops.ts';
import { showService } from './demo-service.ts';
import { attemptText, bad, dropText, fact, good, heading, milliseconds, pathText, terminalWidth } from './demo-text.ts';
import { expectationOf } from '../probing/expectation.ts';
import { explainProbe } from '../probing/explain-probe.ts';
import { Lab } from '../lab.ts';
import { matrixLegend, renderMatrix } from '../probing/matrix-text.ts';
import { describeDifferences } from '../probing/matrix-words.ts';
import { observeMatrix } from '../probing/observe-matrix.ts';
import { readManifestFiles } from '../objects/read-manifest-files.ts';
import type { Cni, Fabric, ProbeRequest } from '../types.ts';

const LAB = 'demo';
/** Beside the sources as beside the compiled files. */
const EXAMPLE = new URL('../../../examples/shop/', import.meta.url).pathname;
/** How long a connection must be silent to count as cut; a line goes over it every 100 ms. */
const CUT_MS = 700;

export interface DemoOptions {
  readonly cni: Cni;
  readonly fabric: Fabric;
  readonly signal: AbortSignal;
  /** Takes one or more lines of text. */
  readonly print: (text: string) => void;
}

const ATTACKS: readonly ProbeRequest[] = [
  { from: 'shop/web', to: 'shop/db', protocol: 'TCP', port: 5432 },
  { from: 'shop/api', to: 'internet/mallory', protocol: 'TCP', port: 443 },
  { from: 'internet/mallory', to: 'shop/db', protocol: 'TCP', port: 5432 },
];

/** Two connections; the edit denies the second. */
const KEPT: ProbeRequest = { from: 'shop/api', to: 'shop/db', protocol: 'TCP', port: 5432 };
const CUT: ProbeRequest = { from: 'shop/api', to: 'internet/bank', protocol: 'TCP', port: 443 };

const EXPLAINED: readonly ProbeRequest[] = [KEPT, CUT];

/** Returns true where everything observed was as expected. Leaves nothing behind. */
export async function runDemo(options: DemoOptions): Promise<boolean> {
  await Lab.remove(LAB);
  const interrupted = new Promise<never>((_, reject) => {
    options.signal.addEventListener('abort', () => reject(options.signal.reason as Error));
  });
  // Whoever listens last need not exist: the demo may be over before anybody interrupts it.
  interrupted.catch(() => undefined);
  try {
    const lab = await buildShop(options);
    return await Promise.race([showSteps(lab, options.print), interrupted]);
  } finally {
    await Lab.remove(LAB);
  }
}

async function buildShop({ cni, fabric, signal, print }: DemoOptions): Promise<Lab> {
  print(fact('Two nodes and a shop, each pod in a network namespace of its own …'));
  const started = performance.now();
  const { objects } = await readManifestFiles(['pods', 'services'].map((file) => `${EXAMPLE}${file}.yaml`));
  const lab = await Lab.up({ name: LAB, objects, cni, fabric, signal });
  print(
    good(
      `${lab.nodes().length} nodes, ${lab.pods().length} pods by the CNI plugin "${cni}" over a ${fabric} fabric, an agent on each node: ${milliseconds(started)}`,
    ),
  );
  return lab;
}

async function showSteps(lab: Lab, print: (text: string) => void): Promise<boolean> {
  const results = [
    await showOpen(lab, print),
    await showPolicies(lab, print),
    await showAttack(lab, print),
    await showEdit(lab, print),
    await showService(lab, 5, `${EXAMPLE}edits/api-canary.yaml`, print),
    await showExplain(lab, print),
  ];
  return results.every((result) => result);
}

async function showOpen(lab: Lab, print: (text: string) => void): Promise<boolean> {
  print(heading(1, 'No policy', 'Everybody reaches everybody: that is what a cluster without NetworkPolicies is.'));
  return showMatrix(lab, print);
}

async function showPolicies(lab: Lab, print: (text: string) => void): Promise<boolean> {
  print(heading(2, 'Seven policies', 'examples/shop/policies.yaml: default deny, DNS, a named port, an ipBlock with an except.'));
  const { objects } = await readManifestFiles([`${EXAMPLE}policies.yaml`]);
  const started = performance.now();
  await lab.apply(objects);
  print(fact(`in force on both nodes after ${milliseconds(started)}\n`));
  return showMatrix(lab, print);
}

async function showMatrix(lab: Lab, print: (text: string) => void): Promise<boolean> {
  const matrix = await observeMatrix(lab, { expect: expectationOf(lab) });
  const differences = describeDifferences(matrix);
  print(renderMatrix(matrix, terminalWidth()));
  print(`\n ${matrixLegend(matrix)}`);
  for (const difference of differences) print(bad(difference));
  const count = `${matrix.readings.length} probes over IPv4 and IPv6`;
  print(
    differences.length === 0 ? good(`${count}, all as the policies say`) : bad(`${count}, ${differences.length} not as the policies say`),
  );
  return differences.length === 0;
}

async function showAttack(lab: Lab, print: (text: string) => void): Promise<boolean> {
  print(heading(3, 'An attack', 'Two pods are broken into, somebody knocks from outside: dropped, and the log says who and why.'));
  const { results, drops } = await collectDrops(lab, () => lab.probe(ATTACKS), ATTACKS);
  const told = ATTACKS.map((attack, index) => {
    const result = results[index];
    if (result === undefined) return false;
    const drop = drops[index];
    const right = result.outcome === 'timeout' && drop !== undefined;
    print((right ? good : bad)(attemptText(attack, result)));
    for (const line of drop === undefined ? [bad('no agent told of it')] : dropText(drop)) print(line);
    return right;
  });
  return told.every((right) => right);
}

async function showEdit(lab: Lab, print: (text: string) => void): Promise<boolean> {
  print(heading(4, 'A policy edit', 'The api has two connections open. An edit takes the payment network out of its policy.'));
  const kept = await lab.hold({ from: KEPT.from, to: KEPT.to, port: KEPT.port });
  const cut = await lab.hold({ from: CUT.from, to: CUT.to, port: CUT.port });
  await sleep(500);
  const { objects } = await readManifestFiles([`${EXAMPLE}edits/no-payments.yaml`]);
  const edit = async (): Promise<void> => {
    const started = performance.now();
    await lab.apply(objects);
    print(fact(`in force on both nodes after ${milliseconds(started)}; a second later:`));
    await sleep(CUT_MS + 300);
  };
  const { drops } = await collectDrops(lab, edit, [CUT]);
  const held = await lab.held(KEPT.from);
  const silence = (id: number): number => held.find((connection) => connection.id === id)?.silentMs ?? Infinity;
  const echoes = held.find((connection) => connection.id === kept)?.echoes ?? 0;
  const carriesOn = silence(kept) < CUT_MS;
  const isCut = silence(cut) > CUT_MS;
  const keptText = carriesOn ? `carries on: ${echoes} lines echoed, the last one ${silence(kept)} ms ago` : 'was cut, though allowed';
  const cutText = isCut ? `cut: no answer for ${silence(cut)} ms` : 'still answers, though denied';
  print((carriesOn ? good : bad)(`${pathText(KEPT)}  ${keptText}`));
  print((isCut ? good : bad)(`${pathText(CUT)}  ${cutText}`));
  for (const drop of drops) for (const line of drop === undefined ? [bad('no agent told of it')] : dropText(drop)) print(line);
  return carriesOn && isCut && !drops.includes(undefined);
}

async function showExplain(lab: Lab, print: (text: string) => void): Promise<boolean> {
  print(heading(6, 'Why?', 'The compiled policy answers, the same that the kernel enforces.'));
  const results = await lab.probe(EXPLAINED);
  return EXPLAINED.map((probe, index) => {
    const { allowed, lines } = explainProbe(lab, probe);
    const right = allowed === (results[index]?.outcome === 'open');
    const verdict = allowed ? pc.green('allowed') : pc.yellow('denied');
    print((right ? good : bad)(`${pathText(probe)}  ${verdict}`));
    for (const line of lines) print(fact(`    ${line}`));
    return right;
  }).every((right) => right);
}
