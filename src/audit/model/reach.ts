/** Who reaches whom on which ports: what the compiled rulesets say of pairs of pods, and of pods and networks outside. */

import type { Identity } from '../../compiler/members.ts';
import type { Ruleset } from '../../compiler/ruleset-table.ts';
import { isIPv4, MAPPED, maskAddress, type Address, type Prefix } from '../../model/ip.ts';
import type { Direction } from '../../model/verdict.ts';
import { intersectPorts, NO_PORTS, unionPorts, type Ports } from '../../policy/ports.ts';
import type { AuditModel, PodClass } from './audit-model.ts';

export class Reach {
  readonly #model: AuditModel;
  readonly #cache = new Map<Ruleset, Map<Identity, Ports>>();
  readonly #identities = new Map<Address, Identity>();

  constructor(model: AuditModel) {
    this.#model = model;
  }

  /** Over any family that both have. A pod reaches itself, so the same class is asked for two of its pods. */
  between(source: PodClass, destination: PodClass): Ports {
    const families = [true, false].map((v4): Ports => {
      const from = addressOf(source, v4);
      const to = addressOf(destination, v4);
      if (from === undefined || to === undefined) return NO_PORTS;
      return intersectPorts(this.side('egress', source, to), this.side('ingress', destination, from));
    });
    return unionPorts(families);
  }

  /** What the pod's own policies allow with this address, in one direction. */
  side(direction: Direction, own: PodClass, peer: Address): Ports {
    return this.with(direction, own, this.identityOf(peer));
  }

  /** The same for all addresses of one identity. */
  with(direction: Direction, own: PodClass, peer: Identity): Ports {
    const ruleset = this.#model.subject(own)?.rulesets[direction];
    if (ruleset === undefined) return 'all';
    let known = this.#cache.get(ruleset);
    if (known === undefined) this.#cache.set(ruleset, (known = new Map()));
    let ports = known.get(peer);
    if (ports === undefined) known.set(peer, (ports = this.#model.compiler.rulesets.portsFor(ruleset, peer)));
    return ports;
  }

  identityOf(address: Address): Identity {
    let identity = this.#identities.get(address);
    if (identity === undefined) this.#identities.set(address, (identity = this.#model.compiler.identities.members.identityOf(address)));
    return identity;
  }

  /** Of what lies under the prefix and under none longer that policies have. */
  identityOfRegion({ address, length }: Prefix): Identity {
    const { members, none } = this.#model.compiler.identities;
    for (let at = length; at >= 0; at -= 1) {
      // Families never mix: ::/0 holds no IPv4 address.
      if (at < MAPPED.length && length >= MAPPED.length && isIPv4(address)) break;
      const member = members.find(maskAddress(address, at), at);
      if (member !== undefined) return member.identity;
    }
    return none;
  }
}

/** Pods on the host's network have none: they are their node. */
export function addressOf({ pod }: PodClass, v4: boolean): Address | undefined {
  return pod.addresses.find((address) => isIPv4(address) === v4);
}
