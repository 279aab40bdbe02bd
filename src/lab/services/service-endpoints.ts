/** Which endpoints of a Service kube-proxy may choose on a node, under each of its traffic policies. */

import { decodeEndpointSlice } from '../../model/decode/endpoint-slice.ts';
import { formatAddress } from '../../model/ip.ts';
import type { EndpointSlice } from '../../model/objects.ts';
import { nameOf } from '../objects/raw-object.ts';
import type { RawObject } from '../types.ts';
import { ofFamily, type LabService, type LabServicePort } from './lab-service.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
  /** Absent for an endpoint outside the cluster's nodes. */
  readonly node?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

export interface UsableEndpoints {
  /** Traffic policy Cluster. */
  readonly cluster: readonly Endpoint[];
  /** Traffic policy Local: those on the node. */
  readonly local: readonly Endpoint[];
}

export function readSlices(objects: readonly RawObject[]): readonly EndpointSlice[] {
  return objects.filter((object) => nameOf(object).kind === 'EndpointSlice').map(decodeEndpointSlice);
}

/** Every endpoint of one port in one family, each once. */
export function endpointsOf(
  service: LabService,
  port: LabServicePort,
  family: 4 | 6,
  slices: readonly EndpointSlice[],
): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const slice of slices) {
    if (`${slice.namespace}/${slice.service}` !== service.key) continue;
    const number = slice.ports.find(({ name, protocol }) => name === port.name && protocol === port.protocol)?.port;
    if (number === undefined) continue;
    for (const { addresses, nodeName, ready, serving, terminating } of slice.endpoints) {
      // Of an endpoint's several addresses only the first counts, as for kube-proxy.
      const [address] = ofFamily(addresses.map(formatAddress), family);
      const endpoint = { port: number, ...(nodeName === undefined ? {} : { node: nodeName }), ready, serving, terminating };
      // While a pod moves from one slice to another it stands in both.
      if (address !== undefined && found.get(`${address} ${number}`)?.ready !== true) {
        found.set(`${address} ${number}`, { address, ...endpoint });
      }
    }
  }
  return [...found.values()];
}

/** Ready ones; where there is none, those that still serve while they terminate. Each policy decides for itself. */
export function usableEndpoints(endpoints: readonly Endpoint[], node: string): UsableEndpoints {
  return { cluster: preferReady(endpoints), local: preferReady(endpoints.filter((endpoint) => endpoint.node === node)) };
}

function preferReady(endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter(({ serving, terminating }) => serving && terminating);
}
