/** Whatever the cluster, the audit's matrix and the naive oracle say the same of every pair of pods, and each cell's rules say why. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeMatrix } from '../../src/audit/matrix/make-matrix.ts';
import type { MatrixReport } from '../../src/audit/matrix/matrix-report.ts';
import { AuditModel } from '../../src/audit/model/audit-model.ts';
import { isIPv4, type Address } from '../../src/model/ip.ts';
import type { Pod } from '../../src/model/objects.ts';
import { PROTOCOL_NUMBER, type Protocol } from '../../src/model/verdict.ts';
import { hasPort, NO_PORTS, type Ports } from '../../src/policy/ports.ts';
import { inputOf, isPlain } from '../audit/support/world-input.ts';
import { propertyParameters } from '../support/generators/parameters.ts';
import { world } from '../support/generators/worlds.ts';
import { createOracle } from '../support/oracle/judge.ts';

const PORTS: readonly (readonly [Protocol, number])[] = [
  ['TCP', 80],
  ['TCP', 53],
  ['UDP', 53],
  ['TCP', 8080],
  ['SCTP', 80],
  ['TCP', 65535],
];

describe('the matrix', () => {
  it('says of every pair of pods what the oracle says', () => {
    fc.assert(
      fc.property(world, (cluster) => {
        const pods = cluster.pods.filter((pod) => isPlain(pod, cluster));
        const plain = { ...cluster, pods };
        const judge = createOracle(plain);
        const matrix = makeMatrix(new AuditModel(inputOf(plain)), { by: 'pod' });
        const classOf = new Map(matrix.peers.map(({ id, class: index }) => [id, index]));
        for (const source of pods) {
          for (const destination of pods) {
            if (source === destination) continue;
            const [from, to] = [classOf.get(idOf(source))!, classOf.get(idOf(destination))!];
            for (const [protocol, port] of PORTS) {
              const flows = pairsOf(source, destination).map((pair) => ({ ...pair, protocol, port, sourceIsLocalNode: false }));
              const expected = flows.some((flow) => judge(flow).allowed);
              const said = `${idOf(source)} to ${idOf(destination)} on ${port}/${protocol}`;
              expect(hasPort(allowedIn(matrix, from, to), PROTOCOL_NUMBER[protocol], port), said).toBe(expected);
              // Of pods with one address each the rules of both sides must come to the same.
              if (flows.length === 1 && source.addresses.length + destination.addresses.length === 2)
                expect(allowedByRules(matrix, from, to, protocol, port), `rules of ${said}`).toBe(expected);
            }
          }
        }
      }),
      propertyParameters('audit matrix', 600),
    );
  });
});

function idOf({ namespace, name }: Pod): string {
  return `${namespace}/${name}`;
}

function pairsOf(source: Pod, destination: Pod): { readonly source: Address; readonly destination: Address }[] {
  return [true, false].flatMap((v4) => {
    const [from, to] = [source, destination].map(({ addresses }) => addresses.find((address) => isIPv4(address) === v4));
    return from === undefined || to === undefined ? [] : [{ source: from, destination: to }];
  });
}

function allowedIn({ allowed, portSets }: MatrixReport, from: number, to: number): Ports {
  return portSets[allowed[from]?.[to] ?? -1] ?? NO_PORTS;
}

function allowedByRules({ classes, rules }: MatrixReport, from: number, to: number, protocol: Protocol, port: number): boolean {
  const side = (direction: 'ingress' | 'egress'): boolean => {
    const [own, peer] = direction === 'egress' ? [from, to] : [to, from];
    if (classes[own]?.[direction] === undefined) return true;
    const indexes = classes[own]?.[`${direction}Rules`] ?? [];
    return indexes.some((index) => {
      const rule = rules[index];
      if (rule === undefined || !rule.peers.includes(peer)) return false;
      const named = rule.byName.find(({ destinations }) => destinations.includes(to));
      return hasPort(named?.ports ?? rule.ports, PROTOCOL_NUMBER[protocol], port);
    });
  };
  return side('egress') && side('ingress');
}
