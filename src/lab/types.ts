/** What the lab's users see: how a lab is asked for, what is probed in it, and what the probes say. */

import type { Protocol } from '../model/verdict.ts';

export type Cni = 'bridge' | 'ptp';
/** `routed`: nodes reach each other's pods by plain routes. `vxlan`: over a VXLAN device in each node, as Flannel makes it. */
export type Fabric = 'routed' | 'vxlan';
/** `nftables`: Services and host ports are rewritten in each node as kube-proxy's nftables mode does it. `none`: nothing is. */
export type Proxy = 'nftables' | 'none';
export type Family = 4 | 6;
export const FAMILIES: readonly Family[] = [4, 6];

/** An API object as a manifest has it: plain JSON with `apiVersion`, `kind` and `metadata`. Checked by the lab. */
export type RawObject = Readonly<Record<string, unknown>>;

export interface LabOptions {
  /** Letters and digits, at most 15, beginning with a letter. Default `lab`. */
  readonly name?: string;
  /** Pod, Namespace, Node, NetworkPolicy, Service, EndpointSlice. Namespaces that are only mentioned are made up. */
  readonly objects: readonly RawObject[];
  /** Default 2; Node objects and nodeNames of the manifests count among them, and come on top where they are more. */
  readonly nodes?: number;
  /** Default `bridge`. */
  readonly cni?: Cni;
  /** Default `routed`. */
  readonly fabric?: Fabric;
  /** Default `nftables`. */
  readonly proxy?: Proxy;
  /** Run the agent in every node. Default true. */
  readonly enforce?: boolean;
  /** Ends the making of the lab between two steps; what there is of it is cleared away. */
  readonly signal?: AbortSignal;
}

export interface ProbeRequest {
  /** The probing pod, `namespace/name`. */
  readonly from: string;
  /** A pod (`namespace/name`) or an address. */
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** Which of a pod's addresses; default 4. An address decides by itself. */
  readonly family?: Family;
  /** Default 300. */
  readonly timeoutMs?: number;
}

/** How a Service is addressed. */
export type ServiceVia = 'clusterIP' | 'nodePort' | 'externalIP' | 'loadBalancer';

export interface ServiceTarget {
  /** `namespace/name` */
  readonly service: string;
  /** The Service's own port, by number or name, also where `via` is `nodePort`. */
  readonly port: number | string;
  /** Default `clusterIP`. */
  readonly via?: ServiceVia;
  /**
   * `nodePort`: whose port; default the client's own node, for a host outside the first one. Any other: through which node the packets of a host
   * outside go, by default the first one; pods go through their own.
   */
  readonly node?: string;
}

export interface ServiceProbe {
  /** The probing pod, `namespace/name`. */
  readonly from: string;
  readonly to: ServiceTarget;
  readonly protocol: Protocol;
  /** Default 4. */
  readonly family?: Family;
  /** Default 300. */
  readonly timeoutMs?: number;
}

/** `unsupported`: this kernel has no sockets of that protocol. `error:…` ends with what the system said, e.g. `error:ENETUNREACH`. */
export type ProbeOutcome = 'open' | 'timeout' | 'refused' | 'unsupported' | `error:${string}`;

export interface ProbeResult {
  readonly outcome: ProbeOutcome;
  /** The pod (`namespace/name`) that answered; only with `open`. */
  readonly answeredBy?: string;
  /** The client's address as that pod saw it: another one than the client's own where a node masqueraded it. */
  readonly seenFrom?: string;
  /** Milliseconds until the outcome was known. */
  readonly durationMs: number;
}

/** True where the policies allow the probe. `seenFrom`: the client's address as the other end sees it, where a node has put its own in its place. */
export type Expectation = (probe: ProbeRequest, seenFrom?: string) => boolean;

export interface HoldRequest {
  readonly from: string;
  /** A pod (`namespace/name`) or an address. */
  readonly to: string;
  readonly port: number;
  /** Default 4. */
  readonly family?: Family;
}

/** A TCP connection that a pod keeps open, with a line sent and echoed every 100 ms. */
export interface HeldConnection {
  readonly id: number;
  /** False once the socket was closed or failed; a connection whose packets are dropped stays alive and falls silent. */
  readonly alive: boolean;
  /** Echoes so far. */
  readonly echoes: number;
  /** Milliseconds since the last echo. */
  readonly silentMs: number;
  /** What ended it, where it ended. */
  readonly error?: string;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabNode {
  readonly name: string;
  /** Counts from 1; its pods are 10.244.<index>.0/24. */
  readonly index: number;
  /** Name under /run/netns. */
  readonly netns: string;
  /** IPv4, IPv6 */
  readonly addresses: readonly string[];
  readonly podCIDRs: readonly string[];
}

export interface LabPod {
  /** `namespace/name` */
  readonly key: string;
  readonly node: string;
  /** Name under /run/netns; that of the node for a hostNetwork pod. */
  readonly netns: string;
  readonly hostNetwork: boolean;
  /** IPv4, IPv6 */
  readonly addresses: readonly string[];
  readonly ports: readonly LabPort[];
}

export interface LabPort {
  readonly name?: string;
  readonly protocol: Protocol;
  readonly port: number;
}
