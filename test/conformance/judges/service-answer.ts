/** What the judges without packets say of a probe to a Service: one answer out of those for each backend that may be chosen. */

import { parseAddress } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { decodeKind } from '../../support/builders/objects.ts';
import { flowsToService } from '../../support/oracle/judge-service.ts';
import type { SeenFlows, ServiceJudgement } from '../../support/oracle/judge-service.ts';
import type { Proxied } from '../../support/oracle/proxy.ts';
import { readHostPorts, readServices } from '../../support/oracle/read-service.ts';
import type { Probe, ServiceTarget } from '../case.ts';
import type { Answer } from '../judge.ts';
import { actorAddress, podNode } from './actors.ts';
import type { ManifestMap } from './actors.ts';

export function readProxied(manifests: readonly Manifest[]): Proxied {
  return { services: readServices(manifests), hostPorts: readHostPorts(manifests), nodes: decodeKind('Node', manifests) };
}

export function serviceFlows(objects: ManifestMap, proxied: Proxied, probe: Probe, target: ServiceTarget): ServiceJudgement {
  const { from, family, protocol, port = 0 } = probe;
  if (protocol === 'ICMP') throw new TypeError('a Service has no ICMP');
  const clientNode = from.includes('/') ? podNode(objects, from) : undefined;
  const address = parseAddress(target.addresses[family === 4 ? 0 : 1]);
  const knock = { address, protocol, port, ...(clientNode === undefined ? {} : { clientNode }) };
  const judgement = flowsToService(proxied, parseAddress(actorAddress(objects, from, family)), knock);
  if (judgement === undefined) throw new TypeError(`${target.name} is no Service's`);
  return judgement;
}

/** `isAllowed`: may the client open to this backend. */
export function answerForService(
  judgement: ServiceJudgement,
  nameOf: (backend: Address) => string,
  isAllowed: (flows: SeenFlows) => boolean,
): Answer {
  switch (judgement.kind) {
    case 'refused':
      return { outcome: 'refuse' };
    case 'dropped':
      return { outcome: 'deny', detail: 'the proxy may choose nobody' };
    case 'backends':
      return answerForBackends(judgement, nameOf, isAllowed);
  }
}

function answerForBackends(
  judgement: Extract<ServiceJudgement, { readonly kind: 'backends' }>,
  nameOf: (backend: Address) => string,
  isAllowed: (flows: SeenFlows) => boolean,
): Answer {
  const allowed = judgement.flows.filter(isAllowed);
  const by = allowed.map(({ backend }) => nameOf(backend));
  if (allowed.length === 0) return { outcome: 'deny' };
  if (allowed.length === judgement.flows.length && !judgement.affinity) return { outcome: 'allow', by };
  return { outcome: judgement.affinity ? 'same' : 'some', by };
}
