/** Judges conformance cases by the audit: read as files are, compiled for the whole cluster, asked pair by pair. */

import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { Reach } from '../../../src/audit/model/reach.ts';
import { formatAddress, type Address } from '../../../src/model/ip.ts';
import { PROTOCOL_NUMBER, type Direction } from '../../../src/model/verdict.ts';
import { hasPort } from '../../../src/policy/ports.ts';
import { readText } from '../../audit/support/read-text.ts';
import { manifestKey, type Manifest } from '../../support/builders/manifests.ts';
import { threeNamespaces } from '../../support/builders/three-namespaces.ts';
import type { Flow } from '../../support/oracle/world.ts';
import type { Family } from '../case.ts';
import type { Answer, Judge } from '../judge.ts';
import { actorAddress, flowOf } from './actors.ts';
import { answerForService, readProxied, serviceFlows } from './service-answer.ts';

export function createAuditJudge(): Judge {
  const world = threeNamespaces();
  const objects = new Map(world.map((object) => [manifestKey(object), object]));
  return {
    world,
    addressOf: (actor: string, family: Family) => actorAddress(objects, actor, family),
    async apply(change) {
      for (const object of change.delete) objects.delete(manifestKey(object));
      for (const object of change.apply) objects.set(manifestKey(object), object);
    },
    async probe(probes) {
      const judge = await openAudit([...objects.values()]);
      const proxied = readProxied([...objects.values()]);
      return probes.map((probe): Answer => {
        if (probe.service === undefined) return { outcome: judge.allows(flowOf(objects, probe)) ? 'allow' : 'deny' };
        const judgement = serviceFlows(objects, proxied, probe, probe.service);
        return answerForService(
          judgement,
          judge.nameOf,
          ({ egress, ingress }) => judge.side('egress', egress) && judge.side('ingress', ingress),
        );
      });
    },
  };
}

interface Audit {
  readonly allows: (flow: Flow) => boolean;
  readonly side: (direction: Direction, flow: Flow) => boolean;
  readonly nameOf: (address: Address) => string;
}

async function openAudit(manifests: readonly Manifest[]): Promise<Audit> {
  const model = new AuditModel(await readText(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })));
  const reach = new Reach(model);
  const nodes = new Map(model.nodes.map(({ name, addresses }) => [name, new Set(addresses)]));
  const side = (direction: Direction, flow: Flow): boolean => {
    const [own, peer] = direction === 'ingress' ? [flow.destination, flow.source] : [flow.source, flow.destination];
    const pods = model.classAt(own);
    if (pods === undefined || own === peer) return true;
    const node = nodeOfPod(model, own);
    const nodeMayPass = direction === 'egress' || flow.sourceIsLocalNode === true;
    if (nodeMayPass && node !== undefined && nodes.get(node)?.has(peer) === true) return true;
    const protocol = typeof flow.protocol === 'number' ? flow.protocol : PROTOCOL_NUMBER[flow.protocol];
    return hasPort(reach.side(direction, pods, peer), protocol, flow.port ?? 0);
  };
  return {
    allows: (flow) => side('egress', flow) && side('ingress', flow),
    side,
    nameOf: (address) => {
      const pod = podAt(model, address);
      return pod === undefined ? formatAddress(address) : `${pod.namespace}/${pod.name}`;
    },
  };
}

function podAt(model: AuditModel, address: Address) {
  const pods = model.input.workloads.flatMap((workload) => workload.pods);
  return pods.find(({ addresses, phase }) => addresses.includes(address) && phase !== 'Succeeded' && phase !== 'Failed');
}

/** Which node a pod is on is no matter of policies: the audit asks nobody about it. */
function nodeOfPod(model: AuditModel, address: Address): string | undefined {
  return podAt(model, address)?.nodeName;
}
