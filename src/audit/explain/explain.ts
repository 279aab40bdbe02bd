/** Explains who reaches whom: from names to every pair of pods that they stand for. */

import { PosternError } from '../../model/error.ts';
import { PROTOCOLS, type Protocol } from '../../model/verdict.ts';
import { resolvePortName } from '../../policy/ruleset.ts';
import { backendsOf } from '../exposure/backends.ts';
import type { AuditModel, PodClass } from '../model/audit-model.ts';
import { describeClass } from '../model/class-name.ts';
import { Reach } from '../model/reach.ts';
import { explainPairs, type AskedPort, type ExplainedPair, type Party } from './explain-pair.ts';
import type { ExplainReport } from './explain-report.ts';
import { findEnd, type End } from './find-end.ts';

/** A port as it was asked for: by number or name. */
export interface PortWord {
  readonly port: number | string;
  readonly protocol: Protocol;
}

/** `shop/web:8080/tcp`, `shop/web:http`, `[2001:db8::1]:53/udp`, or without a port. `E_AUDIT_PORT` for what is none. */
export function splitPort(text: string): { readonly end: string; readonly port?: PortWord } {
  const [, end, word, protocol] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?):([^:/\]]+)(?:\/([a-zA-Z]+))?$/.exec(text) ?? [];
  // More than one colon without brackets is an IPv6 address alone.
  if (end === undefined || word === undefined || (end.includes(':') && !end.startsWith('['))) return { end: text };
  const known = PROTOCOLS.find((one) => one === (protocol ?? 'TCP').toUpperCase());
  const number = Number(word);
  const isNumber = /^\d+$/.test(word);
  if (known === undefined || (isNumber && (number < 1 || number > 65535)))
    throw new PosternError('E_AUDIT_PORT', `${text.slice(end.length + 1)} is no port`, {
      mend: 'write a port such as 8080, 53/udp or http',
    });
  return { end, port: { port: isNumber ? number : word, protocol: known } };
}

export interface Explanation {
  readonly report: ExplainReport;
  /** In the report's order. */
  readonly pairs: readonly ExplainedPair[];
}

/** Throws `E_AUDIT_END` and `E_AUDIT_PORT`. */
export function explain(model: AuditModel, source: string, destination: string, namespace?: string): ExplainReport {
  return explainEnds(model, source, destination, namespace).report;
}

/** The same, with what the report was made from. */
export function explainEnds(model: AuditModel, source: string, destination: string, namespace?: string): Explanation {
  const reach = new Reach(model);
  const { end, port } = splitPort(destination);
  const [from, to] = [findEnd(model, source, namespace), findEnd(model, end, namespace)];
  const targets = targetsOf(model, to, port);
  const pairs = partiesOf(model, from).flatMap(({ party, name }) =>
    targets.flatMap((target) => explainPairs(model, reach, party, target.party, target.port, { source: name, destination: target.name })),
  );
  const reports = pairs.map(({ report }) => report);
  const allowed = reports.filter((pair) => pair.allowed).length;
  const verdict = allowed === 0 ? 'none' : allowed === pairs.length ? 'all' : 'some';
  return { report: { source: from.name, destination: to.name, allowed: verdict, pairs: reports }, pairs };
}

interface Named {
  readonly party: Party;
  readonly name: string;
}

/** A Service as a source is the pods behind it. */
function partiesOf(model: AuditModel, end: End): Named[] {
  switch (end.kind) {
    case 'address':
      return [{ party: { address: end.address }, name: end.name }];
    case 'pods':
      return end.classes.map((pods) => ({ party: { pods }, name: nameOf(end.name, pods, end.classes.length) }));
    case 'service': {
      const classes = [...new Set(backendsOf(model, end.service).map(({ pods }) => pods))];
      return classes.map((pods) => ({ party: { pods }, name: `${end.name} (${pods.workload.kind} ${pods.workload.name})` }));
    }
  }
}

/** Through a Service it is the pod's port that counts. */
function targetsOf(model: AuditModel, end: End, word: PortWord | undefined): (Named & { readonly port: AskedPort | undefined })[] {
  if (end.kind !== 'service') {
    return partiesOf(model, end).flatMap((named) => {
      const port = word === undefined ? undefined : resolve(word, 'pods' in named.party ? named.party.pods : undefined);
      return [{ ...named, port }];
    });
  }
  const backends = backendsOf(model, end.service, word?.port).filter(({ protocol }) => word === undefined || protocol === word.protocol);
  if (backends.length === 0 && word !== undefined)
    throw new PosternError('E_AUDIT_PORT', `${end.name} has no port ${word.port}/${word.protocol}, or no pods behind it`, {
      mend: `its ports: ${end.service.ports.map(({ port, protocol }) => `${port}/${protocol}`).join(', ')}`,
    });
  // A pod without a port of the name that the Service leads to gets nothing by it.
  const targets = backends.flatMap(({ pods, protocol, port }) =>
    port === undefined
      ? []
      : [{ party: { pods }, name: `${end.name} (${pods.workload.kind} ${pods.workload.name})`, port: { port, protocol } }],
  );
  if (targets.length === 0 && backends.length > 0)
    throw new PosternError('E_AUDIT_PORT', `no pod behind ${end.name} has a port of the name that it leads to`, {
      mend: 'name the port in the containers, or give its number as targetPort',
    });
  return targets;
}

function resolve({ port, protocol }: PortWord, pods: PodClass | undefined): AskedPort {
  const number = typeof port === 'number' ? port : resolvePortName(pods?.pod.ports ?? [], { protocol, name: port });
  if (number !== undefined) return { port: number, protocol };
  throw new PosternError('E_AUDIT_PORT', `the destination has no ${protocol} port named ${port}`, { mend: 'give the port by its number' });
}

function nameOf(name: string, pods: PodClass, classes: number): string {
  return classes === 1 ? name : `${name} (${describeClass(pods)})`;
}
