/** Where a client must send packets that are meant for a Service, and which node rewrites them. */

import { PosternError } from '../../model/error.ts';
import type { Protocol } from '../../model/verdict.ts';
import type { Family, LabNode, LabPod, ServiceTarget, ServiceVia } from '../types.ts';
import { ofFamily, type LabService, type LabServicePort } from './lab-service.ts';

export interface ServiceAddress {
  readonly service: LabService;
  readonly servicePort: LabServicePort;
  readonly address: string;
  readonly port: number;
  readonly via: ServiceVia;
  /** The node that rewrites. */
  readonly node: LabNode;
}

/** `E_LAB_SERVICE` where there is no such Service, port or address, and where a pod is sent through another node than its own. */
export function locateService(
  services: readonly LabService[],
  nodes: readonly LabNode[],
  client: LabPod,
  target: ServiceTarget,
  protocol: Protocol,
  family: Family,
): ServiceAddress {
  const { via = 'clusterIP' } = target;
  const service = services.find(({ key }) => key === target.service);
  if (service === undefined) throw targetError(target, 'the lab has no such Service');
  const servicePort = service.ports.find(
    (port) => port.protocol === protocol && (typeof target.port === 'number' ? port.port : port.name) === target.port,
  );
  if (servicePort === undefined) throw targetError(target, `it has no port ${target.port} over ${protocol}`);
  const node = nodes.find(({ name }) => name === (target.node ?? client.node)) ?? (target.node === undefined ? nodes[0] : undefined);
  if (node === undefined) throw targetError(target, `the lab has no node ${String(target.node)}`);
  if (via !== 'nodePort' && client.node !== '' && node.name !== client.node) {
    throw targetError(target, `what ${client.key} sends there is rewritten on its own node, not on ${node.name}`);
  }
  const { nodePort } = servicePort;
  const [address] = ofFamily(addressesOf(service, via, node), family);
  if (address === undefined || (via === 'nodePort' && nodePort === undefined)) throw targetError(target, `it has no IPv${family} ${via}`);
  return { service, servicePort, address, port: via === 'nodePort' ? (nodePort ?? 0) : servicePort.port, via, node };
}

export function addressesOf(service: LabService, via: ServiceVia, node: LabNode): readonly string[] {
  switch (via) {
    case 'clusterIP':
      return service.clusterIPs;
    case 'externalIP':
      return service.externalIPs;
    case 'loadBalancer':
      return service.loadBalancerIPs;
    case 'nodePort':
      return node.addresses;
  }
}

function targetError(target: ServiceTarget, message: string): PosternError {
  return new PosternError('E_LAB_SERVICE', `Service ${target.service}: ${message}`, { mend: 'postern lab status lists Services' });
}
