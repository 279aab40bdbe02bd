/** Judges a probe to a Service naïvely: by every backend that the proxy could choose. */

import { isIPv4 } from '../../../src/model/ip.ts';
import type { Address } from '../../../src/model/ip.ts';
import type { Node } from '../../../src/model/objects.ts';
import { findRewriting } from './proxy.ts';
import type { Knock, Proxied, Rewriting } from './proxy.ts';
import type { Endpoint } from './read-service.ts';
import type { Flow } from './world.ts';

/** What each side of the connection sees of it. A side that is no pod of the cluster judges nothing. */
export interface SeenFlows {
  readonly backend: Address;
  /** For the client's egress: to the backend where its own node rewrites, else to the address that it knocks at. */
  readonly egress: Flow;
  /** For the backend's ingress: from the client where it is not hidden, or its own node hid it and can tell; else from the node that did. */
  readonly ingress: Flow;
}

export type ServiceJudgement =
  | { readonly kind: 'refused' }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'backends'; readonly affinity: boolean; readonly flows: readonly SeenFlows[] };

/** Undefined where nobody rewrites the address. */
export function flowsToService(proxied: Proxied, client: Address, knock: Knock): ServiceJudgement | undefined {
  const rewriting = findRewriting(proxied, knock);
  if (rewriting === undefined) return undefined;
  if (rewriting.backends.length === 0) return { kind: rewriting.refused ? 'refused' : 'dropped' };
  const flows = rewriting.backends.map((backend) => seenFlows(rewriting, backend, proxied.nodes, client, knock));
  return { kind: 'backends', affinity: rewriting.affinity, flows };
}

function seenFlows(rewriting: Rewriting, backend: Endpoint, nodes: readonly Node[], client: Address, knock: Knock): SeenFlows {
  const { protocol } = knock;
  const chosen: Flow = { source: client, destination: backend.address, protocol, port: backend.port };
  const atTheDoor: Flow = { source: client, destination: knock.address, protocol, port: knock.port };
  const hidden = rewriting.masqueraded && backend.node !== rewriting.node;
  return {
    backend: backend.address,
    egress: knock.clientNode === rewriting.node ? chosen : atTheDoor,
    ingress: hidden ? { ...chosen, source: addressOf(nodes, rewriting.node, backend.address) } : chosen,
  };
}

function addressOf(nodes: readonly Node[], name: string, like: Address): Address {
  const found = nodes.find((node) => node.name === name)?.addresses.find((address) => isIPv4(address) === isIPv4(like));
  if (found === undefined) throw new TypeError(`node ${name} has no address of that family`);
  return found;
}
