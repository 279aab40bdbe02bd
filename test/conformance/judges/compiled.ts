/** Judges conformance cases by what the compiler puts into the maps: one compiler and one in-memory datapath for each node, as agents run. */

import { Compiler } from '../../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../../src/datapath/memory.ts';
import { formatAddress } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import { decodeObject } from '../../../src/model/decode/object.ts';
import { objectKey } from '../../../src/model/objects.ts';
import type { ClusterEvent } from '../../../src/model/source.ts';
import { PROTOCOL_NUMBER } from '../../../src/model/verdict.ts';
import type { Direction } from '../../../src/model/verdict.ts';
import { manifestKey } from '../../support/builders/manifests.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { NODE_ADDRESSES, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import type { SeenFlows, ServiceJudgement } from '../../support/oracle/judge-service.ts';
import type { Flow } from '../../support/oracle/world.ts';
import type { Answer, Judge } from '../judge.ts';
import { actorAddress, flowOf } from './actors.ts';
import { answerForService, readProxied, serviceFlows } from './service-answer.ts';

/** Long enough for removals to be due at every sweep. */
const STEP_MS = 5000;

class CompiledNode {
  readonly compiler: Compiler;
  readonly datapath = new MemoryDatapath();
  readonly #ifindexes = new Map<string, number>();
  #ms = 0;

  constructor(name: string) {
    this.compiler = new Compiler({ node: name });
  }

  /** As the reconciler does: events, bindings, a plan, and later its removals. */
  apply(events: readonly ClusterEvent[]): void {
    this.compiler.apply(events);
    this.#bindPods();
    const plan = this.compiler.flush(this.#now());
    this.datapath.storeGeneration(plan.generation);
    for (const step of plan.steps) this.datapath.apply(step);
    this.#ms += STEP_MS;
    this.datapath.apply(this.compiler.sweep(this.#now()));
  }

  /** Undefined where the pod of this side is not on this node. */
  judge(direction: Direction, flow: Flow): boolean | undefined {
    const [own, peer] = direction === 'ingress' ? [flow.destination, flow.source] : [flow.source, flow.destination];
    const pod = this.compiler.cluster.ownerOf(own);
    const ifindex = pod === undefined ? undefined : this.#ifindexes.get(pod);
    if (ifindex === undefined) return undefined;
    if (own === peer) return true;
    const nodeMayPass = direction === 'egress' || flow.sourceIsLocalNode === true;
    if (nodeMayPass && this.datapath.addresses.get(peer)?.ownNode === true) return true;
    const protocol = typeof flow.protocol === 'number' ? flow.protocol : PROTOCOL_NUMBER[flow.protocol];
    return this.datapath.judge(ifindex, direction, peer, protocol, flow.port ?? 0) !== 'deny';
  }

  #bindPods(): void {
    const pods = this.compiler.localPods();
    for (const [key] of this.#ifindexes) {
      if (pods.has(key)) continue;
      this.compiler.unbind(key);
      this.#ifindexes.delete(key);
    }
    for (const key of pods.keys()) {
      if (this.#ifindexes.has(key)) continue;
      const ifindex = 100 + Math.max(0, ...this.#ifindexes.values());
      this.#ifindexes.set(key, ifindex);
      this.compiler.bind(key, { ifindex, netns: ifindex }, [], false);
    }
  }

  #now(): { readonly ms: number; readonly monotonic: bigint } {
    return { ms: this.#ms, monotonic: BigInt(this.#ms) * 1_000_000n };
  }
}

export function createCompiledJudge(): Judge {
  const world = threeNamespaces();
  const objects = new Map(world.map((object) => [manifestKey(object), object]));
  const nodes = Object.keys(NODE_ADDRESSES).map((name) => new CompiledNode(name));
  for (const node of nodes) {
    node.apply(world.map(upsert));
    node.compiler.cluster.startCounting();
  }
  return {
    world,
    addressOf: (actor, family) => actorAddress(objects, actor, family),
    async apply(change) {
      for (const object of change.delete) objects.delete(manifestKey(object));
      for (const object of change.apply) objects.set(manifestKey(object), object);
      const events = [...change.delete.map(remove), ...change.apply.map(upsert)];
      for (const node of nodes) node.apply(events);
    },
    async probe(probes) {
      const proxied = readProxied([...objects.values()]);
      return probes.map((probe): Answer => {
        if (probe.service !== undefined) return judgeService(nodes, serviceFlows(objects, proxied, probe, probe.service));
        const flow = flowOf(objects, probe);
        const denied = (['egress', 'ingress'] as const).filter((direction) => nodes.some((node) => node.judge(direction, flow) === false));
        return denied.length === 0 ? { outcome: 'allow' } : { outcome: 'deny', detail: `by ${denied.join(' and ')}` };
      });
    },
  };
}

/** The proxy's choice is not the compiler's, so the oracle says what may be chosen; whether that is allowed, the maps say. */
function judgeService(nodes: readonly CompiledNode[], judgement: ServiceJudgement): Answer {
  const isAllowed = ({ egress, ingress }: SeenFlows): boolean =>
    !nodes.some((node) => node.judge('egress', egress) === false || node.judge('ingress', ingress) === false);
  const nameOf = (backend: Address): string => nodes[0]?.compiler.cluster.ownerOf(backend) ?? formatAddress(backend);
  return answerForService(judgement, nameOf, isAllowed);
}

function upsert(manifest: Manifest): ClusterEvent {
  const object = decodeObject(manifest);
  if (object === undefined) throw new TypeError(`${manifestKey(manifest)} is of no kind that is read`);
  return { type: 'upsert', object };
}

function remove(manifest: Manifest): ClusterEvent {
  const object = decodeObject(manifest);
  if (object === undefined) throw new TypeError(`${manifestKey(manifest)} is of no kind that is read`);
  return { type: 'delete', kind: object.kind, key: objectKey(object) };
}
