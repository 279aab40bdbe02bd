/** Services as nftables rules, with what kube-proxy's rules do: rewriting, masquerade, refusal. */

import { isIPv6 } from 'node:net';
import { type Backend, type ServiceFacts, type ServicePortFacts, usableBackends } from './proxy-service.ts';
import type { TalkProtocol } from './proxy-talker-protocol.ts';

/** Where pods' addresses come from. */
const POD_NETWORKS = { ip: '10.98.0.0/16', ip6: 'fd00:98::/32' } as const;
/** The mark of a packet that gets the node's address as its source. */
const MARK = '0x4000';

type Family = keyof typeof POD_NETWORKS;

/** A container's port on the address of its node, without any Service. */
export interface HostPort {
  readonly protocol: TalkProtocol;
  readonly port: number;
  /** Of each family. */
  readonly addresses: readonly string[];
  readonly targetPort: number;
}

/** Chains of rules and sets of clients, by their names. */
class Chains {
  readonly #chains = new Map<string, string[]>();
  readonly #sets = new Map<string, Family>();

  add(chain: string, ...rules: readonly string[]): void {
    this.#chains.set(chain, [...(this.#chains.get(chain) ?? []), ...rules]);
  }

  /** Of clients that stay with one backend; it outlives the rules. */
  addSet(name: string, family: Family): void {
    this.#sets.set(name, family);
  }

  toString(): string {
    const sets = [...this.#sets].map(
      ([name, family]) =>
        `  set ${name} {\n    type ${family === 'ip' ? 'ipv4_addr' : 'ipv6_addr'}\n    flags dynamic,timeout\n    timeout 10m\n  }\n`,
    );
    const chains = [...this.#chains].map(([name, rules]) => `  chain ${name} {\n${rules.map((rule) => `    ${rule}\n`).join('')}  }\n`);
    return [...sets, ...chains].join('');
  }
}

/** The whole table, which replaces an earlier one in one step. Flows that are open keep their backend. */
export function proxyRules(node: string, services: readonly ServiceFacts[], hostPorts: readonly HostPort[]): string {
  const chains = new Chains();
  chains.add('endless');
  chains.add('services');
  for (const service of services)
    for (const port of service.ports) for (const family of ['ip', 'ip6'] as const) addPort(chains, node, service, port, family);
  for (const hostPort of hostPorts) for (const address of hostPort.addresses) addHostPort(chains, hostPort, address);
  chains.add('prerouting', 'type nat hook prerouting priority -100', 'jump services');
  chains.add('output', 'type nat hook output priority -100', 'jump services');
  chains.add('postrouting', 'type nat hook postrouting priority 100', `meta mark & ${MARK} == ${MARK} masquerade`);
  for (const hook of ['input', 'forward', 'output'])
    chains.add(`refuse-${hook}`, `type filter hook ${hook} priority -110`, 'ct state new jump endless');
  return `table inet proxy {\n}\nflush table inet proxy\ntable inet proxy {\n${String(chains)}}\n`;
}

function addPort(chains: Chains, node: string, service: ServiceFacts, port: ServicePortFacts, family: Family): void {
  const usable = usableBackends(service.backends).filter((backend) => familyOf(backend.address) === family);
  const id = `${service.name}-${family}-${port.protocol.toLowerCase()}-${port.port}`;
  const clusterIPs = service.clusterIPs.filter((address) => familyOf(address) === family);
  const outer = [...(service.externalIPs ?? []), ...(service.loadBalancerIPs ?? [])].filter((address) => familyOf(address) === family);
  const inside = clusterIPs.map((address) => matchAddress(address, port.protocol, port.port));
  const outside = outer.map((address) => matchAddress(address, port.protocol, port.port));
  if (port.nodePort !== undefined) outside.push(matchNode(family, port.protocol, port.nodePort));
  if (usable.length === 0) {
    chains.add('endless', ...[...inside, ...outside].map((match) => `${match} reject`));
    return;
  }
  const own = usable.filter((backend) => backend.node === node);
  const kept = service.sessionAffinity === 'ClientIP';
  addBackends(chains, `all-${id}`, usable, port, kept);
  const within = service.internalTrafficPolicy === 'Local' ? `own-${id}` : `all-${id}`;
  if (service.internalTrafficPolicy === 'Local') addBackends(chains, within, own, port, kept);
  // Clients outside the pods' networks are masqueraded, so that answers come back this way.
  for (const match of inside)
    chains.add('services', `${match} ${family} saddr != ${POD_NETWORKS[family]} ${setMark()}`, `${match} goto ${within}`);
  if (outside.length === 0) return;
  chains.add('services', ...outside.map((match) => `${match} goto outside-${id}`));
  if (service.externalTrafficPolicy !== 'Local') {
    chains.add(`outside-${id}`, setMark(), `goto all-${id}`);
    return;
  }
  // Pods and the node itself get any backend, others only one of this node, which sees who they are.
  addBackends(chains, `local-${id}`, own, port, kept);
  chains.add(
    `outside-${id}`,
    `${family} saddr ${POD_NETWORKS[family]} goto all-${id}`,
    `fib saddr type local ${setMark()} goto all-${id}`,
    `goto local-${id}`,
  );
}

/** The client's port chooses: the last bits of it count the backends round. `kept`: unless the client was here before. */
function addBackends(
  chains: Chains,
  chain: string,
  backends: readonly Backend[],
  { protocol, targetPort }: ServicePortFacts,
  kept: boolean,
): void {
  for (const [index, { address }] of kept ? backends.entries() : []) {
    chains.addSet(`kept-${chain}-${index}`, familyOf(address));
    chains.add(chain, `${familyOf(address)} saddr @kept-${chain}-${index} goto ${chain}-${index}`);
  }
  const slots = 2 ** Math.ceil(Math.log2(Math.max(backends.length, 1)));
  const choices = Array.from({ length: slots }, (_, slot) => `${slot} : goto ${chain}-${slot % backends.length}`);
  chains.add(chain, backends.length === 0 ? 'drop' : `${protocol.toLowerCase()} sport & ${slots - 1} vmap { ${choices.join(', ')} }`);
  for (const [index, { address }] of backends.entries()) {
    const family = familyOf(address);
    // A pod that gets itself would see its own address answer.
    chains.add(`${chain}-${index}`, `${family} saddr ${address} ${setMark()}`);
    if (kept) chains.add(`${chain}-${index}`, `update @kept-${chain}-${index} { ${family} saddr }`);
    chains.add(`${chain}-${index}`, rewrite(protocol, address, targetPort));
  }
}

/** Masqueraded for pods, as the portmap plugin does: on one bridge they would hear the answer from the wrong address. */
function addHostPort(chains: Chains, { protocol, port, targetPort }: HostPort, address: string): void {
  const family = familyOf(address);
  const match = matchNode(family, protocol, port);
  chains.add(
    'services',
    `${match} ${family} saddr ${POD_NETWORKS[family]} ${setMark()}`,
    `${match} ${rewrite(protocol, address, targetPort)}`,
  );
}

function matchAddress(address: string, protocol: TalkProtocol, port: number): string {
  return `${familyOf(address)} daddr ${address} ${protocol.toLowerCase()} dport ${port}`;
}

function matchNode(family: Family, protocol: TalkProtocol, port: number): string {
  return `meta nfproto ${family === 'ip' ? 'ipv4' : 'ipv6'} fib daddr type local ${protocol.toLowerCase()} dport ${port}`;
}

function rewrite(protocol: TalkProtocol, address: string, port: number): string {
  return `meta l4proto ${protocol.toLowerCase()} dnat ${familyOf(address)} to ${isIPv6(address) ? `[${address}]` : address}:${port}`;
}

function setMark(): string {
  return `meta mark set meta mark | ${MARK}`;
}

function familyOf(address: string): Family {
  return isIPv6(address) ? 'ip6' : 'ip';
}
