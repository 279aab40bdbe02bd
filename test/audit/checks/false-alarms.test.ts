/** What a reader would call wrong to complain of. */

import { describe, expect, test } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const deployment = (name: string, more = ''): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name}, namespace: shop }
spec:
  ${more}selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: c, image: example/${name}, ports: [{ name: http, containerPort: 8080 }] }] }`;
const WEB = deployment('web');
const DNS =
  'egress:\n- to: [{ namespaceSelector: {}, podSelector: { matchLabels: { k8s-app: kube-dns } } }]\n  ports: [{ port: 53, protocol: UDP }, { port: 53 }]';

async function find(...documents: readonly string[]): Promise<string[]> {
  const input = await readText(...documents);
  expect(input.problems).toEqual([]);
  return runChecks(input).findings.map(({ check, message }) => `${check} ${message}`);
}

describe('no alarm is raised', () => {
  test('by a namespace that denies by default and allows what is needed', async () => {
    const deny = policyYaml('podSelector: {}\npolicyTypes: [Ingress, Egress]').replace('name: web,', 'name: default-deny,');
    const dns = policyYaml(`podSelector: {}\npolicyTypes: [Egress]\n${DNS}`).replace('name: web,', 'name: dns,');
    const web = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: api } } }], ports: [{ port: http }] }]',
    );
    const api = policyYaml(
      'podSelector: { matchLabels: { app: api } }\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: http }] }]',
    ).replace('name: web,', 'name: api,');
    expect(await find(WEB, deployment('api'), deny, dns, web, api)).toEqual([]);
  });

  test('by policies alone, whose pods are elsewhere', async () => {
    const web = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: api } } }] }]',
    );
    expect(await find(web)).toEqual([]);
  });

  test('by a namespace whose pods may reach each other as far as their own egress goes', async () => {
    const within = policyYaml('podSelector: {}\ningress: [{ from: [{ podSelector: {} }] }]').replace('name: web,', 'name: within,');
    const api = policyYaml(
      'podSelector: { matchLabels: { app: api } }\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: { matchLabels: { app: web } } }] }]',
    ).replace('name: web,', 'name: api,');
    const alarms = await find(WEB, deployment('api'), deployment('db'), within, api);
    expect(alarms.filter((alarm) => alarm.startsWith('PN012'))).toEqual([]);
  });

  test('by a rule whose pods the other side lets in over one of their address families', async () => {
    const running = (name: string, ...ips: readonly string[]): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }\nspec: { containers: [{ name: c, image: example/c }] }\nstatus: { phase: Running, podIPs: [${ips.map((ip) => `{ ip: '${ip}' }`).join(', ')}] }`;
    const out = policyYaml(
      'podSelector: { matchLabels: { app: api } }\npolicyTypes: [Egress]\negress: [{ to: [{ podSelector: { matchLabels: { app: db } } }] }]',
    );
    const six = policyYaml('podSelector: { matchLabels: { app: db } }\ningress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }] }]').replace(
      'name: web,',
      'name: db,',
    );
    const alarms = async (...documents: readonly string[]): Promise<string[]> =>
      (await find(out, six, ...documents)).filter((alarm) => alarm.startsWith('PN012'));
    const api = running('api', '10.0.0.1', 'fd00::1');
    expect(await alarms(api, running('db', '10.0.0.2', 'fd00::2'))).toEqual([]);
    expect(await alarms(api, running('db', '10.0.0.2'))).toHaveLength(1);
  });

  test('by a policy without effect against policies of the other direction', async () => {
    const within = policyYaml('podSelector: {}\ningress: [{ from: [{ podSelector: {} }] }]').replace('name: web,', 'name: within,');
    const deny = policyYaml('podSelector: { matchLabels: { app: web } }\npolicyTypes: [Egress]').replace('name: web,', 'name: deny,');
    const dns = policyYaml(`podSelector: {}\npolicyTypes: [Egress]\n${DNS}`).replace('name: web,', 'name: dns,');
    expect((await find(WEB, within, deny, dns)).filter((alarm) => alarm.startsWith('PN007'))).toEqual([
      'PN007 it changes nothing: shop/dns isolates the same pods and allows all that it allows',
    ]);
  });

  test('by a policy for all pods of a namespace, of which some are on the host’s network', async () => {
    const agent = deployment('agent').replace('spec: { containers', 'spec: { hostNetwork: true, containers');
    const deny = policyYaml('podSelector: {}');
    const alarms = async (...documents: readonly string[]): Promise<string[]> =>
      (await find(...documents)).filter((one) => one.startsWith('PN023'));
    expect(await alarms(WEB, agent, deny)).toEqual([]);
    expect(await alarms(agent, deny)).toHaveLength(1);
    expect(await alarms(WEB, agent, policyYaml('podSelector: { matchLabels: { app: agent } }'))).toHaveLength(1);
  });

  test('without the doubt that an operator raises, who may be told by definitions alone', async () => {
    const made = policyYaml('podSelector: { matchLabels: { app: made } }');
    const other = (kind: string): string => `apiVersion: example.com/v1\nkind: ${kind}\nmetadata: { name: x, namespace: shop }`;
    const doubt = async (...documents: readonly string[]): Promise<string | undefined> =>
      (await find(WEB, made, ...documents)).find((one) => one.startsWith('PN003'))?.replace(/.* such pods/, '');
    expect(await doubt(other('CustomResourceDefinition'))).toBe(', unless an operator makes them: the input defines custom resources');
    expect(await doubt(other('CustomResourceDefinition'), other('Database'))).toBe(
      ', unless an operator makes them: the input has Database',
    );
    expect(await doubt(other('Route'), other('VolumeSnapshot'))).toBe('');
  });

  test('by a workload that is scaled to nothing', async () => {
    const policy = policyYaml('podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: {} }] }]');
    const alarms = await find(deployment('web', 'replicas: 0\n  '), policy);
    expect(alarms.filter((alarm) => alarm.startsWith('PN003'))).toEqual([]);
  });

  test('of pods that policies of other APIs might make, and what is not read is told', async () => {
    const other = (apiVersion: string, kind: string): string =>
      `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: x, namespace: shop }\nspec: {}`;
    const staged = other('projectcalico.org/v3', 'StagedNetworkPolicy');
    const alarms = await find(WEB, other('cilium.io/v2', 'CiliumNetworkPolicy'), other('projectcalico.org/v3', 'NetworkPolicy'), staged);
    expect(alarms[0]).toContain(
      'no policy isolates it for ingress (the input has policies of other APIs, which are not read: CiliumNetworkPolicy, projectcalico.org NetworkPolicy)',
    );
    expect((await find(WEB, staged))[0]).toMatch(/isolates it for ingress$/);
    const dead = await find(WEB, policyYaml('podSelector: { matchLabels: { app: gone } }'), other('cilium.io/v2', 'CiliumNetworkPolicy'));
    expect(dead.find((alarm) => alarm.startsWith('PN003'))).not.toContain('operator');
  });

  test('by peers in a namespace of which nothing is known', async () => {
    const policy = policyYaml(
      'podSelector: {}\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: elsewhere } }, podSelector: { matchLabels: { app: x } } }] }]',
    );
    const alarms = await find(WEB, policy);
    expect(alarms.filter((alarm) => /^PN00[45]/.test(alarm))).toEqual([]);
  });

  test('of a probe port: the node always reaches its pods', async () => {
    const probed = WEB.replace(
      'ports: [{ name: http, containerPort: 8080 }]',
      'ports: [{ name: http, containerPort: 8080 }], readinessProbe: { httpGet: { path: /, port: 9999 } }',
    );
    const alarms = await find(probed, policyYaml('podSelector: {}\npolicyTypes: [Ingress]'));
    expect(alarms.filter((alarm) => alarm.includes('9999'))).toEqual([]);
  });

  test('of a port that a Service leads to, though its pods do not list it', async () => {
    const exporter = WEB.replace('containerPort: 8080', 'containerPort: 9187').replace('name: http', 'name: metrics');
    const service = (ports: string): string =>
      `apiVersion: v1\nkind: Service\nmetadata: { name: web, namespace: shop }\nspec: { selector: { app: web }, ports: [${ports}] }`;
    const policy = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }]',
    );
    const used = async (ports: string): Promise<string[]> =>
      (await find(exporter, service(ports), policy)).filter((alarm) => alarm.startsWith('PN018'));
    expect(await used('{ port: 5432 }')).toEqual([]);
    expect(await used('{ port: 80, targetPort: 5432 }')).toEqual([]);
    expect(await used('{ name: a, port: 5432, targetPort: 9000 }, { name: b, port: 81, targetPort: 5432, nodePort: 5432 }')).toEqual([]);
    expect(await used('{ port: 5432, targetPort: nothing }')).toEqual([]);
    expect(await used('{ port: 5432, targetPort: 5433 }')).toEqual([
      'PN018 5432/TCP is the port of Service shop/web; its pods listen at 5433/TCP',
    ]);
    expect(await used('{ port: 80, targetPort: metrics, nodePort: 5432 }')).toEqual([
      'PN018 5432/TCP is the node port of Service shop/web; its pods listen at 9187/TCP',
    ]);
  });

  test('of two rules that overlap only in part', async () => {
    const policy = policyYaml(
      'podSelector: {}\ningress: [{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 80 }, { port: 81 }] }, { from: [{ podSelector: {} }], ports: [{ port: 80 }] }]',
    );
    const alarms = await find(WEB, policy);
    expect(alarms.filter((alarm) => /^PN00[678]/.test(alarm))).toEqual([]);
  });

  test('of a rule that only together with pods that may come is not needed', async () => {
    // Today web is the only pod with a role; the second rule is for others.
    const policy = policyYaml(
      'podSelector: {}\ningress: [{ from: [{ podSelector: { matchLabels: { app: web } } }] }, { from: [{ podSelector: { matchExpressions: [{ key: role, operator: Exists }] } }] }]',
    );
    const alarms = await find(WEB.replace('labels: { app: web }', 'labels: { app: web, role: front }'), policy);
    expect(alarms.filter((alarm) => alarm.startsWith('PN006'))).toEqual([]);
  });

  test('of pods that an operator may make without saying so', async () => {
    const policy = policyYaml(
      'podSelector: { matchLabels: { app: prometheus } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: x } } }] }]',
    );
    const custom = 'apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: { name: k8s, namespace: shop }';
    const told = 'unless an operator makes them: the input has Prometheus';
    const alarms = (await find(WEB, policy, custom)).filter((alarm) => /^PN00[34]/.test(alarm));
    expect(alarms).toHaveLength(2);
    for (const alarm of alarms) expect(alarm).toContain(told);
    const others = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c, namespace: shop }';
    expect((await find(WEB, policy, others)).some((alarm) => alarm.includes('operator'))).toBe(false);
  });
});
