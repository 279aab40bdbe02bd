/** The matrix of a cluster of any size. */

import type { MatrixReport } from '../../../src/audit/matrix/matrix-report.ts';
import { portsOf } from '../../../src/policy/ports.ts';
import { makeReport, tcp, type PeerSketch, type PolicySketch } from './matrix-builder.ts';

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
