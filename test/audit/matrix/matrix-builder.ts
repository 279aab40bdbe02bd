/** Matrices for tests, out of sketches of policies. */

import { intersectPorts, portsKey, portsOf, type Ports } from '../../../src/policy/ports.ts';
import type { MatrixPeer, MatrixReport, MatrixRule } from '../../../src/audit/matrix/matrix-report.ts';
import { judgeSide } from '../../../src/audit/matrix/rule-verdicts.ts';

export interface PeerSketch {
  readonly namespace?: string;
  readonly workload?: string;
  readonly name: string;
  readonly kind?: MatrixPeer['kind'];
  readonly pods?: number;
  /** Those of one name are treated alike. Default: its id. */
  readonly class?: string;
}

export interface RuleSketch {
  /** Names of classes. */
  readonly peers: readonly string[] | 'any';
  readonly ports: Ports;
  readonly byName?: Readonly<Record<string, Ports>>;
  readonly text?: string;
}

export interface PolicySketch {
  readonly name: string;
  /** Names of classes. */
  readonly selects: readonly string[];
  readonly ingress?: readonly RuleSketch[];
  readonly egress?: readonly RuleSketch[];
  /** `shop.yaml:10`: rules stand three lines apart below it. */
  readonly place?: string;
}

export function tcp(...ports: readonly number[]): Ports {
  return portsOf(ports.map((port) => ({ protocol: 'TCP' as const, first: port, last: port })));
}

export function udp(...ports: readonly number[]): Ports {
  return portsOf(ports.map((port) => ({ protocol: 'UDP' as const, first: port, last: port })));
}

export function makeReport(
  peers: readonly PeerSketch[],
  policies: readonly PolicySketch[],
  rest: Partial<Pick<MatrixReport, 'input' | 'incomplete'>> = {},
): MatrixReport {
  const classNames: string[] = [];
  const classes = new Map<string, number>();
  const classOf = (name: string): number => {
    const known = classes.get(name);
    if (known !== undefined) return known;
    classes.set(name, classNames.length);
    return classNames.push(name) - 1;
  };
  const made = peers.map((sketch): MatrixPeer => {
    const { namespace = '', workload = '', name, kind = 'workload', pods = kind === 'outside' ? 0 : 1 } = sketch;
    const id = [namespace, workload, name].filter((part) => part !== '').join('/');
    return { id, kind, namespace, name, workload, ...(kind === 'outside' && { networks: [] }), pods, class: classOf(sketch.class ?? id) };
  });
  const outside = new Set(made.filter(({ kind }) => kind === 'outside').map((peer) => peer.class));
  const rules: MatrixRule[] = [];
  const own = classNames.map(() => ({
    ingress: undefined as string[] | undefined,
    egress: undefined as string[] | undefined,
    ingressRules: [] as number[],
    egressRules: [] as number[],
  }));
  for (const policy of policies) {
    for (const direction of ['ingress', 'egress'] as const) {
      const sketches = policy[direction];
      if (sketches === undefined) continue;
      const indexes = sketches.map((sketch, index) => rules.push(makeRule(policy, direction, index, sketch, classNames, classOf)) - 1);
      for (const name of policy.selects) {
        const mine = own[classOf(name)];
        if (mine === undefined) continue;
        (mine[direction] ??= []).push(policy.name);
        mine[direction === 'ingress' ? 'ingressRules' : 'egressRules'].push(...indexes);
      }
    }
  }
  const portSets: Ports[] = [];
  const setOf = new Map<string, number>();
  const intern = (ports: Ports): number => {
    const key = portsKey(ports);
    if (!setOf.has(key)) setOf.set(key, portSets.push(ports) - 1);
    return setOf.get(key) ?? -1;
  };
  const unfinished: MatrixReport = {
    input: rest.input ?? './manifests',
    peers: made,
    classes: own,
    rules,
    allowed: [],
    portSets,
    incomplete: rest.incomplete ?? [],
  };
  const sides = (direction: 'ingress' | 'egress', source: number, destination: number): Ports =>
    judgeSide(unfinished, direction, source, destination).ports;
  const allowed = classNames.map((_source, source) =>
    classNames.map((_destination, destination) =>
      outside.has(source) && outside.has(destination)
        ? -1
        : intern(intersectPorts(sides('egress', source, destination), sides('ingress', source, destination))),
    ),
  );
  return { ...unfinished, allowed };
}

function makeRule(
  policy: PolicySketch,
  direction: 'ingress' | 'egress',
  index: number,
  sketch: RuleSketch,
  classNames: readonly string[],
  classOf: (name: string) => number,
): MatrixRule {
  const [file, line] = (policy.place ?? '').split(':');
  return {
    policy: policy.name,
    direction,
    index,
    place: policy.place === undefined ? '' : `${file}:${Number(line) + 8 + index * 3}`,
    text: sketch.text ?? `${direction === 'ingress' ? 'from' : 'to'} ${sketch.peers === 'any' ? 'any peer' : sketch.peers.join(' or ')}`,
    peers: sketch.peers === 'any' ? classNames.map((_name, at) => at) : sketch.peers.map(classOf),
    ports: sketch.ports,
    byName: Object.entries(sketch.byName ?? {}).map(([name, ports]) => ({ ports, destinations: [classOf(name)] })),
  };
}
