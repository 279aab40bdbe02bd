/** Matrices for the tests of its views: out of sketches of policies, a small shop, and one of any size. */

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
  readonly portsOf?: Readonly<Record<string, Ports>>;
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
    portsOf: Object.fromEntries(Object.entries(sketch.portsOf ?? {}).map(([name, ports]) => [classOf(name), ports])),
  };
}

/** Six workloads of three namespaces, and the world outside. `shop` is isolated, `monitoring` for egress alone, `legacy` not at all. */
export function makeShop(): MatrixReport {
  const [web, api, db] = ['shop/Deployment/web', 'shop/Deployment/api', 'shop/StatefulSet/db'];
  const prometheus = 'monitoring/StatefulSet/prometheus';
  return makeReport(
    [
      { namespace: 'shop', workload: 'Deployment', name: 'web', pods: 3 },
      { namespace: 'shop', workload: 'Deployment', name: 'api', pods: 2 },
      { namespace: 'shop', workload: 'StatefulSet', name: 'db' },
      { namespace: 'monitoring', workload: 'StatefulSet', name: 'prometheus' },
      { namespace: 'monitoring', workload: 'DaemonSet', name: 'node-exporter', pods: 4 },
      { namespace: 'legacy', workload: 'Pod', name: 'batch' },
      { name: 'internet', kind: 'outside' },
    ],
    [
      { name: 'shop/default-deny', selects: [web, api, db], ingress: [], egress: [], place: 'shop/policies.yaml:1' },
      {
        name: 'shop/web',
        selects: [web],
        ingress: [{ peers: 'any', ports: tcp(80, 443), text: 'from any peer on 80/TCP, 443/TCP' }],
        egress: [{ peers: [api], ports: tcp(8080), text: 'to pods {app=api} in shop on http/TCP' }],
        place: 'shop/policies.yaml:14',
      },
      {
        name: 'shop/api',
        selects: [api],
        ingress: [{ peers: [web], ports: tcp(8080), text: 'from pods {app=web} in shop on http/TCP' }],
        egress: [
          { peers: [db], ports: tcp(5432), text: 'to pods {app=db} in shop on 5432/TCP' },
          { peers: ['internet'], ports: tcp(443), text: 'to 0.0.0.0/0 on 443/TCP' },
        ],
        place: 'shop/policies.yaml:38',
      },
      {
        name: 'shop/db',
        selects: [db],
        ingress: [{ peers: [api], ports: tcp(5432), text: 'from pods {app=api} in shop on 5432/TCP' }],
        place: 'shop/policies.yaml:70',
      },
      {
        name: 'shop/scrape',
        selects: [web, api, db],
        ingress: [{ peers: [prometheus], ports: tcp(9090), text: 'from all pods in monitoring on 9090/TCP' }],
        place: 'shop/policies.yaml:90',
      },
      {
        name: 'monitoring/egress',
        selects: [prometheus, 'monitoring/DaemonSet/node-exporter'],
        egress: [
          {
            peers: [web, api, db, 'legacy/Pod/batch', prometheus, 'monitoring/DaemonSet/node-exporter'],
            ports: tcp(9090, 9100),
            text: 'to all pods in all namespaces on 9090/TCP, 9100/TCP',
          },
        ],
        place: 'monitoring.yaml:5',
      },
    ],
  );
}

export interface Size {
  readonly workloads: number;
  readonly namespaces: number;
  /** Of a workload. Default 1. */
  readonly pods?: number;
  /** Roles of a namespace: workloads of one role are treated alike. Default 3. */
  readonly roles?: number;
  /** Peers are the pods instead of the workloads. */
  readonly by?: 'workload' | 'pod';
}

const ROLES = ['front', 'api', 'store', 'queue', 'cache', 'search', 'mail', 'cron'];
const KINDS = ['Deployment', 'Deployment', 'StatefulSet', 'Deployment', 'StatefulSet', 'DaemonSet', 'Deployment', 'CronJob'];

/** A cluster of any size: most namespaces are isolated, with rules along a chain of roles and for what all share; some are open. */
export function makeCluster({ workloads, namespaces, pods = 1, roles = 3, by = 'workload' }: Size): MatrixReport {
  const namespaceOf = (at: number): string => (at === 0 ? 'platform' : `team-${String(at).padStart(String(namespaces - 1).length, '0')}`);
  const className = (namespace: number, role: number): string => `${namespaceOf(namespace)}:${role}`;
  const peers: PeerSketch[] = [];
  const roleOf = (at: number): number => Math.floor(at / namespaces) % roles;
  for (let at = 0; at < workloads; at += 1) {
    const namespace = at % namespaces;
    const role = roleOf(at);
    const round = Math.floor(at / namespaces / roles);
    const sketch = {
      namespace: namespaceOf(namespace),
      workload: KINDS[role % KINDS.length] ?? 'Deployment',
      name: `${ROLES[role % ROLES.length]}${role >= ROLES.length ? `-x${role}` : ''}${round === 0 ? '' : `-${round + 1}`}`,
      class: className(namespace, role),
    };
    if (by === 'workload') peers.push({ ...sketch, pods });
    else for (let pod = 0; pod < pods; pod += 1) peers.push({ ...sketch, kind: 'pod', name: `${sketch.name}-${pod}` });
  }
  peers.push({ name: 'internet', kind: 'outside' }, { name: 'office', kind: 'outside' });
  const present = new Set(peers.map((peer) => peer.class));
  const policies = Array.from({ length: namespaces }, (_, namespace) => namespace)
    .filter((namespace) => namespace === 0 || namespace % 7 !== 3)
    .flatMap((namespace) => clusterPolicies(namespace, namespaceOf(namespace), roles, namespaces, className, present));
  return makeReport(peers, policies, { input: `a cluster of ${workloads} workloads` });
}

function clusterPolicies(
  namespace: number,
  name: string,
  roles: number,
  namespaces: number,
  className: (namespace: number, role: number) => string,
  present: ReadonlySet<string | undefined>,
): PolicySketch[] {
  const there = (names: readonly string[]): string[] => names.filter((one) => present.has(one));
  const all = there(Array.from({ length: roles }, (_, role) => className(namespace, role)));
  const shared = there([className(0, 0), className(0, 1)]);
  const chain = all.map((own, role): PolicySketch => {
    const next = there([className(namespace, role + 1)]);
    const before = role === 0 ? [] : there([className(namespace, role - 1)]);
    const neighbour = there([className((namespace + 1) % namespaces || 1, 0)]);
    return {
      name: `${name}/${ROLES[role % ROLES.length]}${role >= ROLES.length ? role : ''}`,
      selects: [own],
      ingress: [
        role === 0 ? { peers: 'any', ports: tcp(80, 443) } : { peers: before, ports: tcp(8000 + role) },
        { peers: shared, ports: tcp(9090) },
      ],
      egress: [
        { peers: next, ports: tcp(8000 + role + 1) },
        ...(role === 1 ? [{ peers: [...neighbour, 'internet'], ports: tcp(443) }] : []),
      ],
      place: `clusters/prod/${name}/network-policies.yaml:${10 + role * 30}`,
    };
  });
  return [
    {
      name: `${name}/default`,
      selects: all,
      ingress:
        namespace === 0
          ? [
              {
                peers: 'any',
                ports: portsOf([
                  { protocol: 'UDP', first: 53, last: 53 },
                  { protocol: 'TCP', first: 53, last: 53 },
                ]),
              },
            ]
          : [],
      egress: [
        {
          peers: shared,
          ports: portsOf([
            { protocol: 'UDP', first: 53, last: 53 },
            { protocol: 'TCP', first: 53, last: 53 },
          ]),
        },
      ],
      place: `clusters/prod/${name}/network-policies.yaml:1`,
    },
    ...chain,
  ];
}

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
