/** Who reaches whom on which ports: what the compiled rulesets say of pairs of pods, and of pods and networks outside. */

import type { Identity } from '../../compiler/members.ts';
import type { Ruleset } from '../../compiler/ruleset-table.ts';
import { isIPv4, MAPPED, maskAddress, type Address, type Prefix } from '../../model/ip.ts';
import type { Direction } from '../../model/verdict.ts';
import { intersectPorts, NO_PORTS, unionPorts, type Ports } from '../../policy/ports.ts';
import type { AuditModel, PodClass } from './audit-model.ts';

/** One for each family that the pod has. */
interface Facts {
  readonly v4: Identity | undefined;
  readonly v6: Identity | undefined;
  readonly ingress: Grants | undefined;
  readonly egress: Grants | undefined;
}

/** What a ruleset allows those that it does not tell from strangers; the others are in a `Told`. */
interface Grants {
  readonly anyone: Ports;
}

/**
 * Who asks of many pairs keeps the source and changes the destination: egress is looked up in what the source's ruleset tells, ingress in what all
 * rulesets tell of the source. So both are at hand.
 */
interface Told {
  readonly egress: Map<Grants, Map<Identity, Ports>>;
  readonly ingress: Map<Identity, Map<Grants, Ports>>;
}

export class Reach {
  readonly #model: AuditModel;
  readonly #facts = new Map<PodClass, Facts>();
  readonly #grants = { ingress: new Map<Ruleset, Grants>(), egress: new Map<Ruleset, Grants>() };
  readonly #told: Told = { egress: new Map(), ingress: new Map() };
  readonly #both = new PairCache(intersectPorts);
  readonly #either = new PairCache((a, b) => unionPorts([a, b]));
  readonly #identities = new Map<Address, Identity>();
  readonly #numbers = new Map<Identity | Grants, number>();

  constructor(model: AuditModel) {
    this.#model = model;
  }

  /** Over any family that both have. A pod reaches itself, so the same class is asked for two of its pods. */
  between(source: PodClass, destination: PodClass): Ports {
    const from = this.#factsOf(source);
    const to = this.#factsOf(destination);
    const over = (own: Identity | undefined, peer: Identity | undefined): Ports =>
      own === undefined || peer === undefined
        ? NO_PORTS
        : this.#both.of(this.#portsTo(from.egress, peer), this.#portsFrom(to.ingress, own));
    return this.#either.of(over(from.v4, to.v4), over(from.v6, to.v6));
  }

  /** What the pod's own policies allow with this address, in one direction. */
  side(direction: Direction, own: PodClass, peer: Address): Ports {
    return this.with(direction, own, this.identityOf(peer));
  }

  /** The same for all addresses of one identity. */
  with(direction: Direction, own: PodClass, peer: Identity): Ports {
    const facts = this.#factsOf(own);
    return direction === 'egress' ? this.#portsTo(facts.egress, peer) : this.#portsFrom(facts.ingress, peer);
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

  /** Equal for pods of which everything here is equal, at either end. */
  keyOf(one: PodClass): string {
    const { v4, v6, ingress, egress } = this.#factsOf(one);
    return [v4, v6, ingress, egress].map((fact) => (fact === undefined ? '' : this.#numberOf(fact))).join();
  }

  #numberOf(fact: Identity | Grants): number {
    let number = this.#numbers.get(fact);
    if (number === undefined) this.#numbers.set(fact, (number = this.#numbers.size));
    return number;
  }

  #factsOf(one: PodClass): Facts {
    let facts = this.#facts.get(one);
    if (facts === undefined) {
      const [v4, v6] = [addressOf(one, true), addressOf(one, false)];
      const rulesets = this.#model.subject(one)?.rulesets;
      facts = {
        v4: v4 === undefined ? undefined : this.identityOf(v4),
        v6: v6 === undefined ? undefined : this.identityOf(v6),
        ingress: this.#grantsOf('ingress', rulesets?.ingress),
        egress: this.#grantsOf('egress', rulesets?.egress),
      };
      this.#facts.set(one, facts);
    }
    return facts;
  }

  /** By the egress of a pod. */
  #portsTo(egress: Grants | undefined, peer: Identity): Ports {
    return egress === undefined ? 'all' : (this.#told.egress.get(egress)?.get(peer) ?? egress.anyone);
  }

  /** By the ingress of a pod. */
  #portsFrom(ingress: Grants | undefined, peer: Identity): Ports {
    return ingress === undefined ? 'all' : (this.#told.ingress.get(peer)?.get(ingress) ?? ingress.anyone);
  }

  /** Undefined where nothing isolates. */
  #grantsOf(direction: Direction, ruleset: Ruleset | undefined): Grants | undefined {
    if (ruleset === undefined) return undefined;
    let grants = this.#grants[direction].get(ruleset);
    if (grants === undefined) {
      const { rulesets, identities } = this.#model.compiler;
      grants = { anyone: rulesets.portsFor(ruleset, identities.none) };
      this.#grants[direction].set(ruleset, grants);
      for (const peer of rulesets.identitiesOf(ruleset)) this.#tell(direction, grants, peer, rulesets.portsFor(ruleset, peer));
    }
    return grants;
  }

  #tell(direction: Direction, grants: Grants, peer: Identity, ports: Ports): void {
    if (direction === 'egress') put(this.#told.egress, grants, peer, ports);
    else put(this.#told.ingress, peer, grants, ports);
  }
}

function put<A, B, C>(rows: Map<A, Map<B, C>>, row: A, column: B, value: C): void {
  const known = rows.get(row);
  if (known === undefined) rows.set(row, new Map([[column, value]]));
  else known.set(column, value);
}

/** Sets are few and pairs of pods many: what two sets make is made once. */
class PairCache {
  readonly #make: (a: Ports, b: Ports) => Ports;
  readonly #made = new Map<Ports, Map<Ports, Ports>>();

  constructor(make: (a: Ports, b: Ports) => Ports) {
    this.#make = make;
  }

  of(a: Ports, b: Ports): Ports {
    if (a === b) return a;
    let row = this.#made.get(a);
    if (row === undefined) this.#made.set(a, (row = new Map()));
    let made = row.get(b);
    if (made === undefined) row.set(b, (made = this.#make(a, b)));
    return made;
  }
}

/** Pods on the host's network have none: they are their node. */
export function addressOf({ pod }: PodClass, v4: boolean): Address | undefined {
  return pod.addresses.find((address) => isIPv4(address) === v4);
}
