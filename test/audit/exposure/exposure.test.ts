import { describe, expect, test } from 'vitest';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { ROUTES } from '../../../src/audit/checks/routes.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import type { WorkloadExposure } from '../../../src/audit/exposure/exposure-report.ts';
import { exposureMarkdown, exposureText } from '../../../src/audit/exposure/exposure-text.ts';
import { makeExposure } from '../../../src/audit/exposure/make-exposure.ts';
import { readText } from '../support/read-text.ts';

const WEB = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: c, image: example/web, ports: [{ name: http, containerPort: 8080, hostPort: 8088 }] }] }`;
const CONTROLLER = `apiVersion: v1
kind: Pod
metadata: { name: controller, namespace: ingress-nginx, labels: { app.kubernetes.io/name: ingress-nginx } }
spec: { containers: [{ name: c, image: example/controller }] }`;
const service = (type: string, more = ''): string => `apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ${type}, selector: { app: web }, ports: [{ port: 80, targetPort: http, nodePort: 30080 }]${more} }`;
const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec: { rules: [{ host: www.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }`;
const from = (peer: string): string => policyYaml(`podSelector: { matchLabels: { app: web } }\ningress: [{ from: [${peer}] }]`);
const OFFICE = from('{ ipBlock: { cidr: 203.0.113.0/24 } }');
const DENY = policyYaml('podSelector: {}');

async function expose(...documents: readonly string[]): Promise<WorkloadExposure> {
  const input = await readText(WEB, ...documents);
  expect(input.problems).toEqual([]);
  return makeExposure(input).workloads.find(({ workload }) => workload === 'shop/Pod/web')!;
}

describe('the exposure of a workload', () => {
  test.each([
    ['NodePort', 'NodePort shop/web:30080'],
    ['LoadBalancer', 'LoadBalancer shop/web:80'],
  ])('through a Service of type %s is judged by the clients’ own addresses', async (type, via) => {
    const { ways } = await expose(service(type), OFFICE);
    expect(ways.find((way) => way.via === via)).toMatchObject({ from: ['203.0.113.0/24'], ports: '8080/TCP' });
  });

  test('through an external address', async () => {
    const { ways } = await expose(service('ClusterIP', ', externalIPs: [198.51.100.7]').replace(', nodePort: 30080', ''));
    expect(ways[0]).toMatchObject({ via: 'external address shop/web:80', from: ['anywhere else'] });
  });

  test('through a Service of the cluster alone there is none', async () => {
    const { ways, closed } = await expose(service('ClusterIP').replace(', nodePort: 30080', ''), DENY);
    expect(ways).toEqual([]);
    expect(closed.map(({ via }) => via)).toEqual(['host port 8088']);
  });

  test('by an Ingress is that of its controller', async () => {
    const inside = service('ClusterIP').replace(', nodePort: 30080', '');
    const open = from('{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }');
    const { ways } = await expose(inside, INGRESS, CONTROLLER, open);
    expect(ways).toMatchObject([{ via: 'Ingress shop/web (www.example.com)', from: ['ingress-nginx/Pod/controller'], ports: '8080/TCP' }]);
    const { closed } = await expose(inside, INGRESS, CONTROLLER, from('{ podSelector: {} }'));
    expect(closed.map(({ via }) => via)).toContain('Ingress shop/web (www.example.com)');
  });

  test('by an Ingress is no UDP, though the Service gives it the same number', async () => {
    const quic = service('ClusterIP').replace(
      '{ port: 80, targetPort: http, nodePort: 30080 }',
      '{ name: tcp, port: 80, targetPort: http }, { name: quic, port: 80, targetPort: 8080, protocol: UDP }',
    );
    const open = policyYaml(
      'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }], ports: [{ port: 8080 }] }]',
    );
    const { ways, closed } = await expose(quic, INGRESS, CONTROLLER, open);
    expect(ways.map(({ via, ports }) => `${via} ${ports}`)).toEqual(['Ingress shop/web (www.example.com) 8080/TCP']);
    expect(closed.map(({ via }) => via)).toEqual(['host port 8088']);
    const { findings } = runChecks(await readText(WEB, quic, INGRESS, CONTROLLER, open), { catalogue: ROUTES });
    expect(findings).toEqual([]);
  });

  test('by an Ingress whose controller is not in the input is that of pods elsewhere that may be one', async () => {
    const inside = service('ClusterIP').replace(', nodePort: 30080', '');
    const through = async (peer: string): Promise<string[]> => {
      const { ways } = await expose(inside, INGRESS, from(peer));
      return ways.filter(({ via }) => via.startsWith('Ingress')).flatMap((way) => way.from);
    };
    expect(await through('{ namespaceSelector: {} }')).toEqual(['a controller that is a pod without labels in a new namespace']);
    expect(await through('{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }')).toEqual([
      'a controller that is a pod without labels in ingress-nginx',
    ]);
    expect(await through('{ ipBlock: { cidr: 203.0.113.0/24 } }')).toEqual(['203.0.113.0/24']);
    expect(await through('{ podSelector: {} }')).toEqual([]);
  });

  test('by its own address, as in a flat network', async () => {
    const { ways } = await expose(OFFICE);
    expect(ways).toContainEqual({ via: 'pod address', from: ['203.0.113.0/24'], ports: 'all ports', place: '' });
  });

  test('to pods that may come says what they would need', async () => {
    const { toCome } = await expose(from('{ podSelector: { matchLabels: { role: friend } } }'));
    expect(toCome).toEqual([{ pod: 'a pod with role=friend in shop', ports: 'all ports' }]);
    expect((await expose(DENY)).toCome).toEqual([]);
  });

  test('to pods that may come names each kind that needs something else, and the labels of a new namespace', async () => {
    const friend = '{ podSelector: { matchLabels: { role: friend } } }';
    const staging =
      '{ namespaceSelector: { matchExpressions: [{ key: env, operator: In, values: [test, stage] }, { key: tier, operator: Exists }] } }';
    expect((await expose(from(`${friend}, ${staging}`))).toCome).toEqual([
      { pod: 'a pod without labels in a new namespace with env=stage, tier=other', ports: 'all ports' },
      { pod: 'a pod with role=friend in shop', ports: 'all ports' },
    ]);
    expect((await expose(from('{ namespaceSelector: {} }'))).toCome).toEqual([
      { pod: 'a pod without labels in a new namespace', ports: 'all ports' },
    ]);
  });

  test('to more kinds of pods than one reads tells how many', async () => {
    const kinds = Array.from({ length: 13 }, (_, index) => `{ podSelector: { matchLabels: { role: r${index} } } }`);
    const exposure = await expose(from(kinds.join(', ')));
    expect(exposure).toMatchObject({ toCome: { length: 10 }, moreToCome: 3 });
    const report = { input: 'x', workloads: [exposure], incomplete: [] };
    expect(exposureText(report, false)).toContain('and 3 more kinds of pods that may come');
    expect(exposureMarkdown(report)).toContain('3 more kinds');
  });

  test('is told in words, and hostile names stay text', async () => {
    const input = await readText(WEB, from('{ podSelector: { matchExpressions: [{ key: x, operator: In, values: ["a|<b>"] }] } }'));
    const report = makeExposure(input);
    expect(exposureText(report, false)).toContain('shop/Pod/web\n');
    expect(exposureMarkdown(report)).not.toContain('<b>');
  });
});
