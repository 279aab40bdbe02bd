/** The configuration row of an endpoint, from what it is to enforce; and when two rows say the same. */

import { isIPv4 } from '../model/ip.ts';
import { PORT_SET_ALL, PORT_SET_NONE, type DirectionConfig, type EndpointConfig, type PortSetRef } from '../model/plan.ts';
import type { EndpointIntent } from './endpoint-intent.ts';
import type { Ruleset } from './ruleset-table.ts';

/** What a row says of the endpoint itself. */
export interface ConfiguredEndpoint {
  /** In the keys of its flows. */
  readonly number: number;
  /** Slot of its counters. */
  readonly counters: number;
  readonly takeOverUntil: bigint;
}

export type StrangerRef = (ruleset: Ruleset) => PortSetRef;

/** `undefined`: it has none, nothing is looked at. */
export function makeConfig(endpoint: ConfiguredEndpoint, intent: EndpointIntent, strangerRef: StrangerRef): EndpointConfig | undefined {
  if (intent.open && !intent.held) return undefined;
  return {
    endpoint: endpoint.number,
    ingress: makeDirection(intent.ingress, strangerRef),
    egress: makeDirection(intent.egress, strangerRef),
    ipv4: intent.addresses.find((address) => isIPv4(address)),
    ipv6: intent.addresses.find((address) => !isIPv4(address)),
    sourceCheck: intent.sourceCheck,
    held: intent.held,
    takeOverUntil: endpoint.takeOverUntil,
    counters: endpoint.counters,
  };
}

function makeDirection(ruleset: Ruleset | undefined, strangerRef: StrangerRef): DirectionConfig {
  if (ruleset === undefined) return { ruleset: 0, stranger: { portSet: PORT_SET_ALL, lengths: 0 }, defaultVerdict: 'allow' };
  const stranger = strangerRef(ruleset);
  return {
    ruleset: ruleset.id,
    stranger: stranger.portSet === PORT_SET_NONE ? { portSet: PORT_SET_NONE, lengths: 0 } : stranger,
    defaultVerdict: 'deny',
  };
}

/** Of one endpoint: rows with the same key say the same. */
export function configKeyOf(config: EndpointConfig): string {
  const { ingress, egress } = config;
  return [
    config.endpoint,
    ingress.ruleset,
    egress.ruleset,
    config.ipv4,
    config.ipv6,
    config.sourceCheck,
    config.held,
    config.takeOverUntil,
  ].join('|');
}
