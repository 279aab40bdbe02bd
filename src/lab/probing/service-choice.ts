/** Whom the lab's proxy may choose for a client of a Service, and by which address the chosen one sees that client. */

import { nodeAddresses, overlayAddresses } from '../network/addressing.ts';
import type { ServiceAddress } from '../services/service-address.ts';
import { endpointsOf, usableEndpoints, type Endpoint } from '../services/service-endpoints.ts';
import type { EndpointSlice } from '../../model/objects.ts';
import type { Fabric, Family, LabPod } from '../types.ts';

export interface ChosenBackend extends Endpoint {
  /** Absent where the backend's node knows the client by its own address. */
  readonly seenFrom?: string;
}

/** No backends: `refused` where the Service has no endpoint at all, else dropped, since the traffic policy leaves none on the node. */
export interface ServiceChoice {
  readonly backends: readonly ChosenBackend[];
  readonly refused: boolean;
}

export function choiceFor(
  client: LabPod,
  { service, servicePort, via, node }: ServiceAddress,
  family: Family,
  slices: readonly EndpointSlice[],
  fabric: Fabric,
): ServiceChoice {
  const { cluster, local } = usableEndpoints(endpointsOf(service, servicePort, family, slices), node.name);
  const kind = client.hostNetwork ? 'node' : client.node === '' ? 'outside' : 'pod';
  const internal = via === 'clusterIP';
  // Pods and nodes are never held to externalTrafficPolicy Local.
  const onlyLocal = internal ? service.internalLocal : service.externalLocal && kind === 'outside';
  const masqueraded = internal ? kind !== 'pod' : kind === 'node' || !service.externalLocal;
  const at = family === 4 ? 0 : 1;
  const backends = (onlyLocal ? local : cluster).map((endpoint): ChosenBackend => {
    // On the node that rewrote it, the kernel still knows who the client is.
    if (!masqueraded || endpoint.node === node.name) return endpoint;
    const addresses = fabric === 'vxlan' ? overlayAddresses(node.index) : nodeAddresses(node.index);
    return { ...endpoint, seenFrom: addresses[at] };
  });
  return { backends, refused: cluster.length === 0 };
}
