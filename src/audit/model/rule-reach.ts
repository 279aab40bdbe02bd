/** What one rule says of one pod or network: in words of the rule, for explanations and for checks of single rules. */

import type { Prefix } from '../../model/ip.ts';
import type { Pod } from '../../model/objects.ts';
import { selectsPod } from '../../policy/peer-list.ts';
import type { Rule } from '../../policy/policy.ts';
import { portsOf, type Ports } from '../../policy/ports.ts';
import { listOf, resolvePortName } from '../../policy/ruleset.ts';
import type { AuditModel } from './audit-model.ts';

export function ruleTakesPod(model: AuditModel, rule: Rule, pod: Pod): boolean {
  if (rule.peers === undefined) return true;
  const list = listOf(rule);
  if (list.kind === 'peers' && pod.addresses.some((address) => list.blocks.contains(address))) return true;
  return selectsPod(list, pod.namespace, model.namespaceLabels(pod.namespace), pod.labels);
}

/** One of the prefixes, as regions that no rule divides. */
export function ruleTakesNetwork(rule: Rule, prefixes: readonly Prefix[]): boolean {
  if (rule.peers === undefined) return true;
  const list = listOf(rule);
  return list.kind === 'peers' && prefixes.some(({ address, length }) => list.blocks.contains(address, length));
}

/** Port names stand for what the destination's containers call so; without a destination for nothing. */
export function portsOfRule({ ports }: Rule, destination: Pick<Pod, 'ports'> | undefined): Ports {
  if (ports === undefined) return 'all';
  return portsOf(
    ports.flatMap((port) => {
      if (!('name' in port)) return [port];
      const number = resolvePortName(destination?.ports ?? [], port);
      return number === undefined ? [] : [{ protocol: port.protocol, first: number, last: number }];
    }),
  );
}
