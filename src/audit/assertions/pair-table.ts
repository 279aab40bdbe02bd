/** What is allowed between parties, made once for each pair of kinds that policies tell apart. */

import type { Ruleset } from '../../compiler/ruleset-table.ts';
import type { Identity } from '../../compiler/members.ts';
import type { Address } from '../../model/ip.ts';
import { NO_PORTS, type Ports } from '../../policy/ports.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { addressOf, type Reach } from '../model/reach.ts';
import type { Region } from './address-regions.ts';
import type { AssertedParty } from './party.ts';

/**
 * Of pods on the host's network not all is known: a node always reaches its own pods, and its address may not be told. `least` is certain, `most` is
 * possible; they differ for such pods alone.
 */
export interface Allowed {
  readonly least: Ports;
  readonly most: Ports;
}

const OPEN: Allowed = { least: 'all', most: 'all' };

/** Equal for parties that are treated alike. */
export type KindIndex = number;
/** Equal for pairs of which the same is allowed. */
export type AllowedIndex = number;

export class PairTable {
  readonly #model: AuditModel;
  readonly #reach: Reach;
  readonly #kinds: AssertedParty[] = [];
  readonly #byKey = new Map<string, KindIndex>();
  readonly #ofPods = new Map<PodClass, KindIndex>();
  readonly #ids = new Map<object, number>();
  readonly #rows: AllowedIndex[][] = [];
  readonly #allowed: Allowed[] = [];
  readonly #byPorts = new Map<Ports, Map<Ports, AllowedIndex>>();

  constructor(model: AuditModel, reach: Reach) {
    this.#model = model;
    this.#reach = reach;
  }

  kindOf(party: AssertedParty): KindIndex {
    if (party.kind === 'outside') return this.#kind(`outside ${this.#id(this.#reach.identityOf(party.region.sample))}`, party);
    let kind = this.#ofPods.get(party.pods);
    if (kind === undefined) this.#ofPods.set(party.pods, (kind = this.#kind(this.#keyOf(party.pods), party)));
    return kind;
  }

  /** Between two networks outside everything: no policy here judges that. */
  between(source: KindIndex, destination: KindIndex): Allowed {
    return this.allowed(this.indexOf(source, destination));
  }

  allowed(index: AllowedIndex): Allowed {
    return this.#allowed[index] as Allowed;
  }

  indexOf(source: KindIndex, destination: KindIndex): AllowedIndex {
    const row = (this.#rows[source] ??= []);
    return (row[destination] ??= this.#indexOf(
      this.#judge(this.#kinds[source] as AssertedParty, this.#kinds[destination] as AssertedParty),
    ));
  }

  /** Sets are few: what is said of one is said once. */
  #indexOf(allowed: Allowed): AllowedIndex {
    let known = this.#byPorts.get(allowed.least);
    if (known === undefined) this.#byPorts.set(allowed.least, (known = new Map()));
    let index = known.get(allowed.most);
    if (index === undefined) known.set(allowed.most, (index = this.#allowed.push(allowed) - 1));
    return index;
  }

  #kind(key: string, party: AssertedParty): KindIndex {
    let kind = this.#byKey.get(key);
    if (kind === undefined) this.#byKey.set(key, (kind = this.#kinds.push(party) - 1));
    return kind;
  }

  #keyOf(pods: PodClass): string {
    const rulesets = this.#model.subject(pods)?.rulesets;
    const side = (ruleset: Ruleset | undefined): number => (ruleset === undefined ? 0 : this.#id(ruleset));
    const identities = [true, false].map((v4) => {
      const address = addressOf(pods, v4);
      return address === undefined ? 0 : this.#id(this.#reach.identityOf(address));
    });
    return [pods.pod.hostNetwork ? 'host' : 'pods', ...identities, side(rulesets?.ingress), side(rulesets?.egress)].join(' ');
  }

  #id(thing: Identity | Ruleset): number {
    let id = this.#ids.get(thing);
    if (id === undefined) this.#ids.set(thing, (id = this.#ids.size + 1));
    return id;
  }

  #judge(source: AssertedParty, destination: AssertedParty): Allowed {
    if (source.kind === 'outside') {
      return destination.kind === 'outside' ? OPEN : alike(this.#outside('ingress', destination.pods, source.region));
    }
    const from = source.pods;
    if (destination.kind === 'outside') return alike(this.#outside('egress', from, destination.region));
    const to = destination.pods;
    if (isHostNetwork(from)) return { least: this.#ofHost('ingress', to, from), most: 'all' };
    if (!isHostNetwork(to)) return alike(this.#reach.between(from, to));
    const least = this.#ofHost('egress', from, to);
    return { least, most: hostAddress(to) === undefined ? 'all' : least };
  }

  #outside(direction: 'ingress' | 'egress', own: PodClass, { sample }: Region): Ports {
    return isHostNetwork(own) ? 'all' : this.#reach.side(direction, own, sample);
  }

  /** What is certain with a node's address, or without it. */
  #ofHost(direction: 'ingress' | 'egress', own: PodClass, host: PodClass): Ports {
    if (isHostNetwork(own) || this.#model.isolating(own, direction).length === 0) return 'all';
    const address = hostAddress(host);
    return address === undefined ? NO_PORTS : this.#reach.side(direction, own, address);
  }
}

function alike(ports: Ports): Allowed {
  return { least: ports, most: ports };
}

export function isHostNetwork({ pod }: PodClass): boolean {
  return pod.hostNetwork;
}

function hostAddress(pods: PodClass): Address | undefined {
  return addressOf(pods, true) ?? addressOf(pods, false);
}
