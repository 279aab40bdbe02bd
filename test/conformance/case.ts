/** What a conformance case is: policies applied step by step, and after each step a hand-written table of who reaches whom. */

import type { Protocol } from '../../src/model/verdict.ts';
import type { Manifest } from '../support/builders/manifests.ts';
import { hasPodService } from './pod-services.ts';

export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** ICMP stands for ICMPv6 between IPv6 addresses. */
export type ProbeProtocol = Protocol | 'ICMP';

/** `80/TCP`, or `ICMP`, which has no ports. */
export type Served = `${number}/${Protocol}` | 'ICMP';

/**
 * Of one connection `allow` or `deny`. A Service is asked many times: `some` means that the backends that are allowed answer and the
 * others are silence, `same` that all tries fare alike, since one client keeps one backend, `refuse` that the proxy says that there is none.
 */
export type Word = 'allow' | 'deny' | 'some' | 'same' | 'refuse';

/** An address that a proxy rewrites, under the name that tables call it by: it holds a dot. */
export interface ServiceTarget {
  readonly name: string;
  /** IPv4, IPv6 */
  readonly addresses: readonly [string, string];
  readonly port: `${number}/${'TCP' | 'UDP'}`;
  /** Who knocks; default: every pod of the case. */
  readonly from?: readonly string[];
  /** One client keeps one backend: its first knock is over before it knocks again. */
  readonly sticky?: boolean;
}

export interface ConformanceCase {
  /** The upstream test's name, or the words of a row of the semantics. */
  readonly name: string;
  /** Number in the list of the upstream suite. */
  readonly upstream?: number;
  /** Pods of the world that probe and are probed, each with each. */
  readonly pods: readonly string[];
  /** Others that probe and are probed: `node-1`, `node-2`, `stranger` (a host outside the cluster). */
  readonly others?: readonly string[];
  readonly ports: readonly Served[];
  /** Default: both. */
  readonly families?: readonly Family[];
  /** Probed beside the pods. */
  readonly services?: readonly ServiceTarget[];
  /** Over these, pods are asked by the addresses of their own Services as well (`pod-services.ts`), and the same is expected. */
  readonly byService?: readonly Family[];
  /** Objects beside those of the world, or instead of those of the same name. */
  readonly world?: readonly Manifest[];
  /** Why real pods cannot show it. */
  readonly notInPackets?: string;
  readonly steps: readonly Step[];
}

export interface Step {
  readonly does?: readonly Action[];
  /** What holds where no override says otherwise. A pod always reaches itself; tables need not say so. */
  readonly default: Word;
  /**
   * `deny x/*,y/a > x/b :80 TCP v4`; what stands after the second who is optional. Later lines win.
   * `some x/a > web.z by z/a` names the backends that answer.
   */
  readonly overrides?: readonly string[];
  /** Where they are others than the case's, since some came or went. */
  readonly pods?: readonly string[];
  /** Where they are others than the case's. */
  readonly ports?: readonly Served[];
}

/** Text fields of objects may say `{x/a}` and `{x/a.6}` for the pod's IPv4 and IPv6 address, and `{x/a|24}` for the IPv4 block of so many bits that holds it. */
export type Action =
  | { readonly action: 'apply-policy'; readonly key: string; readonly spec: Manifest; readonly createdAt?: number }
  | { readonly action: 'delete-policy'; readonly key: string }
  | { readonly action: 'label-pod'; readonly key: string; readonly labels: LabelChange }
  | { readonly action: 'label-namespace'; readonly name: string; readonly labels: LabelChange }
  | { readonly action: 'apply-objects'; readonly objects: readonly Manifest[] }
  | { readonly action: 'delete-object'; readonly kind: string; readonly key: string };

/** Labels are added to those that the object has; `null` takes one away. */
export type LabelChange = Readonly<Record<string, string | null>>;

/** Create it, or replace its spec. `key` is `namespace/name`. */
export function applyPolicy(key: string, spec: Manifest): Action {
  return { action: 'apply-policy', key, spec };
}

export function deletePolicy(key: string): Action {
  return { action: 'delete-policy', key };
}

export function labelPod(key: string, labels: LabelChange): Action {
  return { action: 'label-pod', key, labels };
}

export function labelNamespace(name: string, labels: LabelChange): Action {
  return { action: 'label-namespace', name, labels };
}

export function applyObjects(...objects: readonly Manifest[]): Action {
  return { action: 'apply-objects', objects };
}

export function deleteObject(kind: string, key: string): Action {
  return { action: 'delete-object', kind, key };
}

export interface Probe {
  readonly from: string;
  readonly to: string;
  readonly protocol: ProbeProtocol;
  /** Absent for ICMP. */
  readonly port?: number;
  readonly family: Family;
  /** Where `to` is a Service. */
  readonly service?: ServiceTarget;
  /** `to` is a pod, but is asked by the address of its Service. */
  readonly byService?: true;
}

/** Every actor to every other and to itself, at every port, over both families, one end at least a pod; then by Service, and the Services. */
export function probesOf(conformanceCase: ConformanceCase, step: Step): readonly Probe[] {
  const { others = [], families = FAMILIES, services = [], byService = [] } = conformanceCase;
  const { pods, ports } = { ...conformanceCase, ...step };
  const actors = [...pods, ...others];
  const direct = families
    .flatMap((family) =>
      ports.map(parseServed).flatMap((served) => actors.flatMap((from) => actors.map((to) => ({ from, to, family, ...served })))),
    )
    .filter(({ from, to }) => pods.includes(from) || pods.includes(to));
  const knocks = families.flatMap((family) =>
    services.flatMap((service) =>
      (service.from ?? pods).map((from) => ({ from, to: service.name, family, service, ...parseServed(service.port) })),
    ),
  );
  const served = direct.filter((probe) => byService.includes(probe.family) && hasPodService(probe));
  return [...direct, ...served.map((probe): Probe => ({ ...probe, byService: true })), ...knocks];
}

function parseServed(served: Served): { readonly protocol: ProbeProtocol; readonly port?: number } {
  if (served === 'ICMP') return { protocol: 'ICMP' };
  const [port, protocol] = served.split('/');
  return { protocol: protocol as Protocol, port: Number(port) };
}

export function formatProbe({ from, to, protocol, port, family, byService }: Probe): string {
  return `${from} > ${to} ${port === undefined ? '' : `:${port} `}${protocol} v${family}${byService === true ? ' by Service' : ''}`;
}
