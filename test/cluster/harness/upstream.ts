/** Kubernetes' own NetworkPolicy e2e suite, run against the cluster in several processes, and what its report says. */

import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../../src/lab/processes/run-command.ts';
import type { Cluster } from './cluster.ts';

export interface UpstreamOptions {
  /** Regular expression of spec names. */
  readonly focus: string;
  readonly processes: number;
}

export interface UpstreamResult {
  readonly passed: readonly string[];
  /** Names, with what the suite said. */
  readonly failed: readonly string[];
  /** Probes between two pods that the suite had to make again, since the answer was not the expected one: by spec, as often as they were made again. */
  readonly retries: readonly string[];
  /** The same of a pod to itself, which the suite passes over in the end. */
  readonly hairpinRetries: number;
  readonly seconds: number;
}

interface Spec {
  readonly ContainerHierarchyTexts: readonly string[] | null;
  readonly LeafNodeType: string;
  readonly LeafNodeText: string;
  readonly State: string;
  readonly CapturedGinkgoWriterOutput?: string;
  readonly Failure?: { readonly Message: string };
}

/** This kernel has no SCTP sockets. */
const SKIP = 'SCTPConnectivity';

export async function runUpstream(cluster: Cluster, { focus, processes }: UpstreamOptions): Promise<UpstreamResult> {
  const folder = join(cluster.plan.folder, 'upstream');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const begin = performance.now();
  const { stdout, stderr } = await runCommand(
    [
      join(cluster.bin, 'ginkgo'),
      'run',
      `--procs=${processes}`,
      '--no-color',
      '--silence-skips',
      '--succinct',
      `--focus=${focus}`,
      `--skip=${SKIP}`,
      '--timeout=60m',
      `--output-dir=${folder}`,
      '--json-report=report.json',
      join(cluster.bin, 'e2e.test'),
      '--',
      '--provider=skeleton',
      `--kubeconfig=${cluster.plan.adminKubeconfig}`,
    ],
    { netns: cluster.plan.controlNetns },
  );
  const seconds = (performance.now() - begin) / 1000;
  const specs = readSpecs(join(folder, 'report.json'), `${stdout}\n${stderr}`);
  const failed = specs.filter(({ State }) => State !== 'passed');
  const probes = specs.map((spec) => ({ name: nameOf(spec), ...findRetries(spec.CapturedGinkgoWriterOutput ?? '') }));
  return {
    passed: specs.filter(({ State }) => State === 'passed').map(nameOf),
    failed: failed.map((spec) => `${nameOf(spec)}: ${spec.Failure?.Message ?? spec.State}`),
    retries: probes.flatMap(({ name, others }) => others.map((probe) => `${name}: ${probe}`)),
    hairpinRetries: probes.reduce((sum, { hairpin }) => sum + hairpin, 0),
    seconds,
  };
}

function readSpecs(report: string, said: string): Spec[] {
  let suites: readonly { readonly SpecReports: readonly Spec[] }[];
  try {
    suites = JSON.parse(readFileSync(report, 'utf8')) as typeof suites;
  } catch (cause) {
    throw new Error(`the suite left no report: ${said.slice(-2000)}`, { cause });
  }
  const specs = suites.flatMap(({ SpecReports }) => SpecReports);
  return specs.filter(({ LeafNodeType, State }) => LeafNodeType === 'It' && State !== 'skipped' && State !== 'pending');
}

function nameOf({ ContainerHierarchyTexts, LeafNodeText }: Spec): string {
  return [...(ContainerHierarchyTexts ?? []), LeafNodeText].join(' ');
}

/**
 * The suite asks each second, for ten seconds, until the answer is the expected one, and writes a line for each that was not. Only a pod that asks
 * itself may end otherwise; then it says how: the address that the pod has as a Service.
 */
function findRetries(log: string): { readonly others: readonly string[]; readonly hairpin: number } {
  const failures = log.matchAll(
    /Validation of (\S+) -> (\S+) FAILED[^]*?run 'kubectl exec [^']*?agnhost connect \[?([0-9a-f.:]+?)\]?:\d+ /g,
  );
  const toThemselves = new Set([...failures].filter(([, from, to]) => from === to).map(([, from, , address]) => `${from} -> ${address}`));
  const surprises = [...log.matchAll(/^\S(\S+ [0-9:.]+).* probe #(\d+) :: connectivity ((?:not )?expected) :: (\S+ -> \S+)(.*)/gm)];
  const others = surprises.filter(([, , , , probe]) => !toThemselves.has(probe ?? ''));
  return {
    others: others.map(([, at, number, expected, probe, said]) => `${at} ${probe}, connectivity ${expected}, attempt ${number}${said}`),
    hairpin: surprises.length - others.length,
  };
}
