/** What a matrix asks of Services, often enough to meet each of their backends, and what the policies say of each backend. */

import { PosternError } from '../../model/error.ts';
import type { EndpointSlice } from '../../model/objects.ts';
import type { Protocol } from '../../model/verdict.ts';
import type { Lab } from '../lab.ts';
import { ofFamily, type LabService } from '../services/lab-service.ts';
import { locateService } from '../services/service-address.ts';
import { readSlices } from '../services/service-endpoints.ts';
import type { Expectation, Family, LabPod, ProbeResult, ServiceProbe } from '../types.ts';
import type { Answers, JudgedBackend, ServiceColumn, ServiceExpectation, ServiceReading } from './matrix.ts';
import { matchesPort, readPortWish } from './port-wish.ts';
import type { Question } from './question.ts';
import { choiceFor, type ServiceChoice } from './service-choice.ts';

/** How likely it may be that one of the backends is met by no try. */
const MISSED = 1e-6;
const MOST_TRIES = 64;
/** A refusal over IPv6 may be heard at the second SYN only, a second after the first. */
const REFUSAL_MS = 1800;

export class ServiceQuestions {
  readonly #lab: Lab;
  readonly #services: readonly LabService[];
  readonly #slices: readonly EndpointSlice[];
  readonly #expect: Expectation | undefined;
  readonly targets: readonly ServiceColumn[];

  /** Of the Services as they are now. `ports`: as users name them. `E_LAB_SERVICE` in a lab that rewrites nothing. */
  constructor(lab: Lab, ports: readonly string[] | undefined, expect: Expectation | undefined) {
    if (lab.proxy === 'none') {
      throw new PosternError('E_LAB_SERVICE', `nothing rewrites Services in the lab "${lab.name}"`, {
        mend: 'make it without --proxy none',
      });
    }
    this.#lab = lab;
    this.#services = lab.services().filter(({ clusterIPs }) => clusterIPs.length > 0);
    this.#slices = readSlices(lab.objects());
    this.#expect = expect;
    this.targets = this.#services.flatMap((service) => columnsOf(service, ports));
  }

  /** Nothing where the Service has no address of that family. */
  ask(client: LabPod, target: ServiceColumn, family: Family): readonly Question[] {
    const service = this.#services.find(({ key }) => key === target.to.service);
    if (service === undefined || ofFamily(service.clusterIPs, family).length === 0) return [];
    const { protocol } = target;
    const place = locateService(this.#services, this.#lab.nodes(), client, target.to, protocol, family);
    const choice = choiceFor(client, place, family, this.#slices, this.#lab.fabric);
    const expected =
      this.#expect === undefined ? undefined : this.#judge(client, choice, protocol, family, service.affinitySeconds !== undefined);
    const patience = expected?.verdict === 'refuse' ? { timeoutMs: REFUSAL_MS } : {};
    const probe = { from: client.key, to: target.to, protocol, family, ...patience };
    return [
      {
        probes: Array.from({ length: triesFor(choice.backends.length) }, (): ServiceProbe => probe),
        read: (results): ServiceReading => {
          const answers = count(results);
          if (expected === undefined) return { probe, answers, different: false };
          return { probe, expected, answers, different: isDifferent(expected, answers) };
        },
      },
    ];
  }

  #judge(client: LabPod, choice: ServiceChoice, protocol: Protocol, family: Family, sticky: boolean): ServiceExpectation {
    const backends = choice.backends.map(({ address, port, seenFrom }): JudgedBackend => {
      const pod = this.#podAt(address, port);
      const name = pod?.key ?? address;
      const allowed = this.#expect?.({ from: client.key, to: name, protocol, port, family }, seenFrom) ?? true;
      return { name, address, port, present: pod !== undefined, allowed };
    });
    const allowed = backends.filter((backend) => backend.allowed).length;
    const ofSome = allowed === 0 ? 'deny' : allowed === backends.length ? 'allow' : 'some';
    return { verdict: choice.refused ? 'refuse' : ofSome, backends, sticky };
  }

  /** Pods on the host's network share an address: the one that serves the port is meant. */
  #podAt(address: string, port: number): LabPod | undefined {
    const there = this.#lab.pods().filter((pod) => pod.addresses.includes(address));
    return there.find((pod) => pod.ports.some((served) => served.port === port)) ?? there[0];
  }
}

function columnsOf(service: LabService, wanted: readonly string[] | undefined): readonly ServiceColumn[] {
  const wishes = wanted?.map(readPortWish);
  return service.ports.flatMap(({ name, protocol, port, nodePort }) => {
    const to = { service: service.key, port };
    const columns: readonly ServiceColumn[] = [
      { to: { ...to, via: 'clusterIP' }, protocol, port },
      ...(nodePort === undefined ? [] : [{ to: { ...to, via: 'nodePort' } as const, protocol, port: nodePort }]),
    ];
    if (wishes === undefined) return protocol === 'SCTP' ? [] : columns;
    return columns.filter((column) => wishes.some((wish) => matchesPort(wish, { name, protocol, port: column.port })));
  });
}

/** The proxy throws dice for each try. */
function triesFor(backends: number): number {
  return backends < 2 ? 1 : Math.min(MOST_TRIES, Math.ceil(Math.log(MISSED) / Math.log(1 - 1 / backends)));
}

function count(results: readonly ProbeResult[]): Answers {
  const by: Record<string, number> = {};
  for (const { answeredBy } of results) if (answeredBy !== undefined) by[answeredBy] = (by[answeredBy] ?? 0) + 1;
  const outcomes = results.map(({ outcome }) => outcome);
  // A node's own datagram that is refused in its output hook: send() itself fails.
  const refused = outcomes.filter((outcome) => outcome === 'refused' || outcome === 'error:EPERM').length;
  const odd = outcomes.filter((outcome) => !['open', 'timeout', 'refused', 'error:EPERM'].includes(outcome));
  return { tries: results.length, by, silent: outcomes.filter((outcome) => outcome === 'timeout').length, refused, odd: [...new Set(odd)] };
}

/** Only what shows that a packet was judged otherwise: that an allowed backend among several was not met may be chance. */
function isDifferent({ verdict, backends, sticky }: ServiceExpectation, { by, silent, refused, odd }: Answers): boolean {
  const answering = Object.keys(by);
  if (odd.some((outcome) => outcome !== 'unsupported')) return true;
  if (answering.some((name) => !backends.some((backend) => backend.allowed && backend.name === name))) return true;
  const reached = answering.length + refused > 0;
  switch (verdict) {
    case 'allow':
      return silent > 0 && backends.every(({ present }) => present);
    case 'deny':
      return reached;
    case 'some':
      return !reached && !sticky && backends.every(({ present }) => present);
    case 'refuse':
      return refused === 0;
  }
}
