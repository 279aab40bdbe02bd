/** Brings every node up to date with Services, their endpoints and host ports; what kube-proxy and its neighbours do when they hear of a change. */

import { createHash } from 'node:crypto';
import { parseAddress, parsePrefix, prefixContains } from '../../model/ip.ts';
import type { EndpointSlice } from '../../model/objects.ts';
import { NODE_NETWORKS, OUTSIDE_NETWORKS, POD_RANGES } from '../network/addressing.ts';
import { routeFromNode, routeFromOutside } from '../network/fabric.ts';
import { runBatch } from '../network/namespaces.ts';
import { keyOf, nameOf } from '../objects/raw-object.ts';
import type { LabContext } from '../pods/lab-pods.ts';
import { finishAll } from '../processes/finish-all.ts';
import { runChecked } from '../processes/run-command.ts';
import type { NodeState } from '../state/lab-state.ts';
import { forgetUdpFlows, type UdpFrontend } from './forget-udp-flows.ts';
import { hostPortsOf, hostPortTable, type HostPort } from './host-ports.ts';
import { ofFamily, readServices, type LabService } from './lab-service.ts';
import { loadTables } from './load-tables.ts';
import { putSlices } from './put-services.ts';
import { proxyTable } from './proxy-table.ts';
import { endpointsOf, readSlices } from './service-endpoints.ts';

const FAMILIES = [4, 6] as const;

/** The pods run, and the objects are in the folder. Slices of Services are written to it, whatever the lab's proxy is. */
export async function syncServices(lab: LabContext): Promise<void> {
  await putSlices(lab);
  if (lab.state.current.proxy === 'none') return;
  const objects = lab.cluster.list();
  const services = readServices(objects);
  const slices = readSlices(objects);
  await routeAddresses(lab, services);
  const rules = new Map(
    await finishAll(lab.state.current.nodes.map(async (node) => [node.name, await syncNode(lab, node, services, slices)] as const)),
  );
  const nodes = lab.state.current.nodes.map((node) => {
    const known = rules.get(node.name);
    return known === undefined ? node : { ...node, rules: known };
  });
  await lab.state.update((state) => ({ ...state, nodes }));
}

/** Returns what stands for the rules; undefined where there were and are none. */
async function syncNode(
  lab: LabContext,
  node: NodeState,
  services: readonly LabService[],
  slices: readonly EndpointSlice[],
): Promise<string | undefined> {
  const ports = hostPortsAt(lab, node);
  const tables = FAMILIES.flatMap((family) => [proxyTable({ node: node.name, family, services, slices }), hostPortTable(family, ports)]);
  if (node.rules === undefined && services.length === 0 && ports.length === 0) return undefined;
  const rules = createHash('sha256').update(JSON.stringify(tables)).digest('hex');
  if (rules === node.rules) return rules;
  await loadTables(node.netns, tables);
  for (const family of FAMILIES) {
    await forgetUdpFlows(node.netns, family, [...serviceFrontends(services, slices, family), ...hostPortFrontends(ports, family)]);
  }
  await openLoopback(node, ports);
  return rules;
}

function hostPortsAt(lab: LabContext, node: NodeState): readonly HostPort[] {
  const objects = new Map(lab.cluster.list().map((object) => [`${nameOf(object).kind} ${keyOf(nameOf(object))}`, object]));
  return lab.state.current.pods
    .filter((pod) => pod.node === node.name && !pod.outside)
    .flatMap((pod) => hostPortsOf(objects.get(`Pod ${pod.key}`) ?? {}, pod));
}

/** So that 127.0.0.1 with a host port can leave for the pod; on that pod's interface only. */
async function openLoopback(node: NodeState, ports: readonly HostPort[]): Promise<void> {
  const addresses = [...new Set(ports.flatMap((port) => ofFamily(port.pod.addresses, 4)))];
  if (addresses.length === 0) return;
  const script = addresses.map(
    (address) =>
      `dev=$(ip -4 -oneline route get ${address} | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p'); echo 1 > /proc/sys/net/ipv4/conf/$dev/route_localnet`,
  );
  await runChecked(['sh', '-e', '-c', script.join('\n')], { netns: node.netns });
}

function serviceFrontends(services: readonly LabService[], slices: readonly EndpointSlice[], family: 4 | 6): readonly UdpFrontend[] {
  return services.flatMap((service) =>
    service.ports
      .filter((port) => port.protocol === 'UDP')
      .flatMap((port): UdpFrontend[] => {
        const serving = endpointsOf(service, port, family, slices).filter((endpoint) => endpoint.serving);
        const endpoints = serving.map((endpoint) => endpoint.address);
        const addresses = ofFamily([...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs], family);
        return [
          ...addresses.map((address) => ({ address, port: port.port, endpoints })),
          ...(port.nodePort === undefined ? [] : [{ port: port.nodePort, endpoints }]),
        ];
      }),
  );
}

function hostPortFrontends(ports: readonly HostPort[], family: 4 | 6): readonly UdpFrontend[] {
  return ports
    .filter((port) => port.protocol === 'udp')
    .map((port) => ({ port: port.hostPort, endpoints: ofFamily(port.pod.addresses, family) }));
}

/** Addresses that manifests bring along lie in no range that the fabric's routes know. */
async function routeAddresses(lab: LabContext, services: readonly LabService[]): Promise<void> {
  const { nodes, pods } = lab.state.current;
  const known = [...NODE_NETWORKS, ...OUTSIDE_NETWORKS, ...POD_RANGES].map(parsePrefix);
  const foreign = services
    .flatMap((service) => [...service.clusterIPs, ...service.externalIPs, ...service.loadBalancerIPs])
    .filter((address) => !known.some((prefix) => prefixContains(prefix, parseAddress(address))));
  const [first] = nodes;
  if (foreign.length === 0 || first === undefined) return;
  await finishAll([
    ...nodes.map((node) => runBatch(foreign.map(routeFromNode), node.netns)),
    ...pods
      .filter((pod) => pod.outside)
      .map((pod) =>
        runBatch(
          foreign.map((address) => routeFromOutside(address, first)),
          pod.netns,
        ),
      ),
  ]);
}
