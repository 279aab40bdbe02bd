/** Judges conformance cases by the oracle. */

import { formatAddress } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Pod } from '../../../src/model/objects.ts';
import { decodeKind } from '../../support/builders/objects.ts';
import { manifestKey } from '../../support/builders/manifests.ts';
import { threeNamespaces } from '../../support/builders/three-namespaces.ts';
import { createOracle, ownerOf } from '../../support/oracle/judge.ts';
import type { Family } from '../case.ts';
import type { Answer, Judge } from '../judge.ts';
import { actorAddress, flowOf } from './actors.ts';
import { answerForService, readProxied, serviceFlows } from './service-answer.ts';

export function createOracleJudge(): Judge {
  const world = threeNamespaces();
  const objects = new Map(world.map((object) => [manifestKey(object), object]));
  const addressOf = (actor: string, family: Family): string => actorAddress(objects, actor, family);
  return {
    world,
    addressOf,
    async apply(change) {
      for (const object of change.delete) objects.delete(manifestKey(object));
      for (const object of change.apply) objects.set(manifestKey(object), object);
    },
    async probe(probes) {
      const manifests = [...objects.values()];
      const pods = decodeKind('Pod', manifests);
      const judge = createOracle({
        pods,
        namespaces: decodeKind('Namespace', manifests),
        nodes: decodeKind('Node', manifests),
        policies: decodeKind('NetworkPolicy', manifests),
      });
      const proxied = readProxied(manifests);
      return probes.map((probe): Answer => {
        if (probe.service !== undefined) {
          const judgement = serviceFlows(objects, proxied, probe, probe.service);
          const nameOf = (address: Address): string => podKey(pods, address);
          return answerForService(
            judgement,
            nameOf,
            ({ egress, ingress }) => judge(egress).egress !== 'deny' && judge(ingress).ingress !== 'deny',
          );
        }
        const { allowed, because } = judge(flowOf(objects, probe));
        const detail = because.map(({ direction, policy, rule, text }) =>
          [direction, policy, rule, text].filter((part) => part !== undefined).join(' '),
        );
        return { outcome: allowed ? 'allow' : 'deny', detail: detail.join('; ') };
      });
    },
  };
}

function podKey(pods: readonly Pod[], address: Address): string {
  const pod = ownerOf({ pods }, address);
  return pod === undefined ? formatAddress(address) : `${pod.namespace}/${pod.name}`;
}
