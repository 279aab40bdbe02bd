/** Ports of pods that do not exist yet: what they may call by the names that rules give, as far as policies could tell one number from another. */

import type { ContainerPort } from '../../model/objects.ts';
import { PROTOCOLS, type Direction, type Protocol } from '../../model/verdict.ts';
import { LAST_PORT } from '../../policy/parse-ports.ts';
import type { PortRule, Rule } from '../../policy/policy.ts';
import { nameKey } from '../../policy/ruleset.ts';

type NamedPort = Extract<PortRule, { name: string }>;

/** Above those that are known by what they are for. */
const FIRST_TRIED = 10_000;

/** In words of whoever has them: ` whose port http is 8080/TCP`. */
export function describeNamedPorts(ports: readonly ContainerPort[]): string {
  const words = ports.map(({ name, protocol, port }) => `port ${name} is ${port}/${protocol}`);
  return words.length === 0 ? '' : ` whose ${words.join(', ')}`;
}

/**
 * Of a kind of pod, by its own rules of ingress and the rules of egress that lead to it. The first has numbers that no rule gives: what rules say by name
 * alone shows there. Where one side of a connection may go by name and the other one by number, there is more to tell: each name has each number once, and
 * all have the same one once. None where no rule names a port.
 */
export function imaginePorts(rules: Readonly<Record<Direction, readonly Rule[]>>): readonly (readonly ContainerPort[])[] {
  const [ingress, egress] = [listPorts(rules.ingress), listPorts(rules.egress)];
  const all = [...ingress, ...egress];
  const names = [...new Map(all.filter(isNamed).map((port) => [nameKey(port), port])).values()];
  if (names.length === 0) return [];
  const fresh = listFresh(all, names.length);
  const own = names.map((port, index) => call(port, fresh[index] ?? LAST_PORT));
  if (ingress.length === 0 || egress.length === 0) return [own];
  const cycles = Object.fromEntries(PROTOCOLS.map((protocol) => [protocol, [...listStarts(all, protocol), ...fresh]]));
  const longest = Math.max(...names.map(({ protocol }) => cycles[protocol]?.length ?? 0));
  const turns = Array.from({ length: longest }, (_, turn) =>
    names.map((port, index) => {
      const cycle = cycles[port.protocol] ?? [];
      return call(port, cycle[(index + turn) % cycle.length] ?? LAST_PORT);
    }),
  );
  return [own, ...turns, ...(names.length > 1 ? [names.map((port) => call(port, fresh[0] ?? LAST_PORT))] : [])];
}

function listPorts(rules: readonly Rule[]): PortRule[] {
  return rules.flatMap(({ ports }) => ports ?? []);
}

function isNamed(port: PortRule): port is NamedPort {
  return 'name' in port;
}

function call({ name, protocol }: NamedPort, port: number): ContainerPort {
  return { name, protocol, port };
}

/** One for each piece into which ranges cut the numbers of a protocol, but for what is in none. */
function listStarts(ports: readonly PortRule[], protocol: Protocol): number[] {
  const ranges = ports.flatMap((port) => (isNamed(port) || port.protocol !== protocol ? [] : [port]));
  const starts = ranges.flatMap(({ first, last }) => [Math.max(first, 1), last + 1]);
  return [...new Set(starts)].filter((start) => ranges.some(({ first, last }) => first <= start && start <= last)).sort((a, b) => a - b);
}

/** Numbers outside of all ranges that leave some. */
function listFresh(ports: readonly PortRule[], count: number): number[] {
  const ranges = ports.flatMap((port) => (isNamed(port) || port.last - port.first >= LAST_PORT - 1 ? [] : [port]));
  const fresh: number[] = [];
  for (let offset = 0; fresh.length < count && offset < LAST_PORT; offset += 1) {
    const number = 1 + ((FIRST_TRIED + offset - 1) % LAST_PORT);
    if (!ranges.some(({ first, last }) => first <= number && number <= last)) fresh.push(number);
  }
  return fresh;
}
