/** From the ends that assertions name to those who are there, each end once: many assertions name the same. */

import { parseAddress, parsePrefix, type Prefix } from '../../model/ip.ts';
import { PosternError } from '../../model/error.ts';
import type { Pod } from '../../model/objects.ts';
import { matchesSelector } from '../../policy/selector.ts';
import { resolvePortName } from '../../policy/ruleset.ts';
import { portsOf, type Ports } from '../../policy/ports.ts';
import { backendsOf } from '../exposure/backends.ts';
import { findEnd, type End } from '../explain/find-end.ts';
import type { NamedNetwork } from '../input/audit-input.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import type { AddressRegions } from './address-regions.ts';
import type { AskedPorts, AssertedEnd, PodSelection } from './assertion.ts';
import type { AssertedParty } from './party.ts';

/** A destination, with what is asked of it; `undefined`: every port. */
export interface Target {
  readonly party: AssertedParty;
  readonly asked: Ports | undefined;
}

export interface FindOptions {
  /** Of names that have none. */
  readonly namespace?: string;
  readonly networks?: readonly NamedNetwork[];
}

export class PartyFinder {
  readonly #model: AuditModel;
  readonly #regions: AddressRegions;
  readonly #namespace: string | undefined;
  readonly #networks: ReadonlyMap<string, readonly Prefix[]>;
  readonly #ends = new Map<string, End>();
  readonly #selected = new Map<string, readonly PodClass[]>();
  readonly #pods = new Map<PodClass, readonly Pod[]>();

  constructor(model: AuditModel, regions: AddressRegions, { namespace, networks = [] }: FindOptions) {
    this.#model = model;
    this.#regions = regions;
    this.#namespace = namespace;
    this.#networks = new Map(networks.map(({ name, cidrs }) => [name, cidrs.map(parsePrefix)]));
  }

  /** Empty only where that is said to be right. Throws `E_AUDIT_END`. */
  find(end: AssertedEnd): readonly AssertedParty[] {
    switch (end.kind) {
      case 'outside':
        return this.#findOutside(end.text);
      case 'selection':
        return this.#select(end).map((pods) => ({ kind: 'pods', pods }));
      case 'named': {
        const found = this.#named(end.text);
        if (found.kind === 'address') return this.#regions.within({ address: found.address, length: 128 }).map(outside);
        if (found.kind === 'pods') return found.classes.map((pods) => ({ kind: 'pods', pods }));
        const behind = [...new Set(backendsOf(this.#model, found.service).map(({ pods }) => pods))];
        if (behind.length === 0)
          throw nothing(`${found.name} has no pods behind it`, 'name the pods, or check the selector of the Service');
        return behind.map((pods) => ({ kind: 'pods', pods }));
      }
    }
  }

  /** The same with ports; through a Service they are the Service's, and become those of the pods behind it. Throws `E_AUDIT_END`, `E_AUDIT_PORT`. */
  findTargets(end: AssertedEnd, ports: readonly AskedPorts[] | undefined): readonly Target[] {
    const found = end.kind === 'named' ? this.#named(end.text) : undefined;
    if (found?.kind === 'service') return this.#behind(found, ports);
    const parties = this.find(end);
    const [first] = parties;
    const shared = first === undefined || ports?.some((port) => 'name' in port) !== false ? undefined : askOf(ports, first);
    return parties.map((party) => ({ party, asked: shared ?? (ports && askOf(ports, party)) }));
  }

  /** The blocks of networks outside; of a pod's own address none. */
  prefixesOf(end: AssertedEnd): readonly Prefix[] {
    if (end.kind === 'outside') return this.#prefixes(end.text);
    const found = end.kind === 'named' ? this.#named(end.text) : undefined;
    return found?.kind === 'address' ? [{ address: found.address, length: 128 }] : [];
  }

  /** All pods of the class are such, not some of them. */
  isWholly(pods: PodClass, selection: PodSelection): boolean {
    return this.#isThere(pods, selection) && this.#podsOf(pods).every((pod) => matchesPod(selection, pod));
  }

  #named(text: string): End {
    let end = this.#ends.get(text);
    if (end === undefined) this.#ends.set(text, (end = findEnd(this.#model, text, this.#namespace)));
    return end;
  }

  #findOutside(text: string): readonly AssertedParty[] {
    const parties = this.#prefixes(text).flatMap((prefix) => this.#regions.within(prefix).map(outside));
    if (parties.length === 0) throw nothing(`all of ${text} is pods`, 'name the pods');
    return parties;
  }

  #prefixes(text: string): readonly Prefix[] {
    const named = this.#networks.get(text);
    if (named !== undefined) return named;
    return [text.includes('/') ? parsePrefix(text) : { address: parseAddress(text), length: 128 }];
  }

  /** Classes of which any pod is such: policies treat the others alike. */
  #select(selection: PodSelection): readonly PodClass[] {
    const key = JSON.stringify(selection);
    let found = this.#selected.get(key);
    if (found === undefined) {
      const among = selection.namespace === undefined ? this.#model.classes : this.#model.classesIn(selection.namespace);
      found = among.filter((pods) => this.#isThere(pods, selection) && this.#podsOf(pods).some((pod) => matchesPod(selection, pod)));
      this.#selected.set(key, found);
    }
    if (found.length === 0 && !selection.mayBeEmpty)
      throw nothing('a selection matches nothing in the input', 'correct it, or say mayBeEmpty: true');
    return found;
  }

  #isThere({ workload }: PodClass, { namespace, namespaceLabels, workload: kind }: PodSelection): boolean {
    return (
      (namespace === undefined || workload.namespace === namespace) &&
      (kind === undefined || workload.kind === kind) &&
      matchesSelector({ matchLabels: namespaceLabels }, this.#model.namespaceLabels(workload.namespace))
    );
  }

  #podsOf(one: PodClass): readonly Pod[] {
    let pods = this.#pods.get(one);
    if (pods === undefined) {
      const names = new Set(one.names);
      const running = one.workload.pods.filter(({ name }) => names.has(name));
      this.#pods.set(one, (pods = running.length === 0 ? [one.pod] : running));
    }
    return pods;
  }

  #behind(end: Extract<End, { kind: 'service' }>, ports: readonly AskedPorts[] | undefined): readonly Target[] {
    const words = ports === undefined ? [undefined] : ports;
    return words.flatMap((word) => {
      if (word !== undefined && 'first' in word && word.first !== word.last)
        throw new PosternError('E_AUDIT_PORT', `a range of ports is asked of ${end.name}`, {
          mend: 'name the ports of the Service one by one',
        });
      const port = word && ('name' in word ? word.name : word.first);
      const behind = backendsOf(this.#model, end.service, port).filter(({ protocol }) => word === undefined || protocol === word.protocol);
      if (behind.length === 0)
        throw new PosternError(
          'E_AUDIT_PORT',
          `${end.name} has no ${word === undefined ? 'port' : `port ${port}/${word.protocol}`}, or no pods behind it`,
          { mend: 'check its ports and its selector' },
        );
      return behind.map(({ pods, protocol, port: own }): Target => {
        if (own === undefined)
          throw new PosternError('E_AUDIT_PORT', `${end.name} leads to a named port that ${pods.workload.name} does not have`, {
            mend: 'correct the targetPort of the Service',
          });
        return { party: { kind: 'pods', pods }, asked: portsOf([{ protocol, first: own, last: own }]) };
      });
    });
  }
}

/** Of namespaces and kinds of workload others know more: these are the labels. */
export function matchesPod({ labels, expressions }: PodSelection, pod: Pick<Pod, 'labels'>): boolean {
  return matchesSelector({ matchLabels: labels, matchExpressions: expressions }, pod.labels);
}

/** By number; throws `E_AUDIT_PORT` for a name that the destination does not have. */
export function askOf(ports: readonly AskedPorts[], party: AssertedParty): Ports {
  return portsOf(
    ports.map((port) => {
      if (!('name' in port)) return port;
      const number = party.kind === 'pods' ? resolvePortName(party.pods.pod.ports, port) : undefined;
      if (number !== undefined) return { protocol: port.protocol, first: number, last: number };
      const whose = party.kind === 'pods' ? `${party.pods.workload.namespace}/${party.pods.workload.name}` : 'a network outside';
      throw new PosternError('E_AUDIT_PORT', `${whose} has no ${port.protocol} port named ${port.name}`, {
        mend: 'give the port by its number',
      });
    }),
  );
}

function outside(region: Extract<AssertedParty, { kind: 'outside' }>['region']): AssertedParty {
  return { kind: 'outside', region };
}

function nothing(message: string, mend: string): PosternError {
  return new PosternError('E_AUDIT_END', message, { mend });
}
