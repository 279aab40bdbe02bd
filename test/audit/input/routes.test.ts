/** Ingresses and routes of the Gateway API: where they lead, and through what. */

import { describe, expect, it } from 'vitest';
import { codesOf, readStdin } from './input-support.ts';

const ingress = (spec: string, annotations = '{}'): string =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {namespace: shop, name: web, annotations: ${annotations}}\nspec: ${spec}\n`;

const route = (kind: string, spec: string, version = 'v1'): string =>
  `apiVersion: gateway.networking.k8s.io/${version}\nkind: ${kind}\nmetadata: {namespace: shop, name: web}\nspec: ${spec}\n`;

const routeOf = async (text: string) => {
  const { routes, problems } = await readStdin(text);
  expect(problems).toEqual([]);
  return routes[0];
};

describe('an Ingress', () => {
  it('leads to its default backend and to those of its rules, by number or name', async () => {
    const text = ingress(`
  ingressClassName: nginx
  defaultBackend: {service: {name: fallback, port: {number: 80}}}
  rules:
    - host: shop.example
      http: {paths: [{backend: {service: {name: web, port: {name: http}}}}, {backend: {resource: {kind: Bucket, name: b}}}]}
    - http: {paths: [{backend: {service: {name: api, port: {number: 8080}}}}]}`);
    expect(await routeOf(text)).toEqual({
      kind: 'Ingress',
      namespace: 'shop',
      name: 'web',
      through: ['nginx'],
      hosts: ['*', 'shop.example'],
      backends: [
        { namespace: 'shop', service: 'fallback', port: 80, field: 'spec.defaultBackend.service' },
        { namespace: 'shop', service: 'web', port: 'http', field: 'spec.rules[0].http.paths[0].backend.service' },
        { namespace: 'shop', service: 'api', port: 8080, field: 'spec.rules[1].http.paths[0].backend.service' },
      ],
      at: { file: '<stdin>', line: 1, column: 1, object: 'Ingress shop/web' },
      locate: expect.any(Function) as () => unknown,
    });
    expect((await routeOf(text))?.locate?.('spec.rules[1]')).toMatchObject({
      file: '<stdin>',
      line: 1 + text.split('\n').findIndex((line) => line.includes('name: api')),
    });
  });

  it.each([
    ['its annotation', ingress('{}', '{kubernetes.io/ingress.class: traefik}'), ['traefik']],
    ['nothing', ingress('{}'), []],
  ])('has the class that is told by %s', async (_by, text, through) => {
    expect((await routeOf(text))!.through).toEqual(through);
  });

  it('of the beta version is read too', async () => {
    const text = ingress('{rules: [{http: {paths: [{backend: {serviceName: web, servicePort: 80}}]}}]}').replace('/v1', '/v1beta1');
    expect((await routeOf(text))!.backends).toEqual([
      { namespace: 'shop', service: 'web', port: 80, field: 'spec.rules[0].http.paths[0].backend' },
    ]);
  });

  it('with rules that are no list is a problem', async () => {
    expect(codesOf(await readStdin(ingress('{rules: 1}')))).toEqual(['E_OBJECT_FIELD:4']);
  });
});

describe('a route of the Gateway API', () => {
  it.each([
    ['HTTPRoute', 'v1'],
    ['HTTPRoute', 'v1beta1'],
    ['GRPCRoute', 'v1'],
    ['TLSRoute', 'v1alpha2'],
    ['TCPRoute', 'v1alpha2'],
    ['UDPRoute', 'v1alpha2'],
  ])('%s of %s leads through its gateways to Services, in other namespaces too', async (kind, version) => {
    const text = route(
      kind,
      `
  parentRefs: [{name: front}, {name: edge, namespace: infra}, {name: edge, namespace: infra, sectionName: https}]
  rules:
    - backendRefs: [{name: web, port: 80}, {name: pay, namespace: bank, port: 443}, {group: x.example, kind: Bucket, name: b}]`,
      version,
    );
    expect(await routeOf(text)).toMatchObject({
      kind,
      through: ['shop/front', 'infra/edge'],
      hosts: ['*'],
      backends: [
        { namespace: 'shop', service: 'web', port: 80, field: 'spec.rules[0].backendRefs[0]' },
        { namespace: 'bank', service: 'pay', port: 443, field: 'spec.rules[0].backendRefs[1]' },
      ],
    });
  });

  it('leads where it sends copies, too', async () => {
    const text = route(
      'HTTPRoute',
      '{hostnames: [a.example], rules: [{filters: [{type: RequestMirror, requestMirror: {backendRef: {name: spy, port: 1}}}]}]}',
    );
    expect(await routeOf(text)).toMatchObject({
      hosts: ['a.example'],
      backends: [{ service: 'spy', field: 'spec.rules[0].filters[0].requestMirror.backendRef' }],
    });
  });

  it('of a mesh, attached to a Service, is no way in', async () => {
    const { routes } = await readStdin(route('HTTPRoute', '{parentRefs: [{kind: Service, group: "", name: web}], rules: []}'));
    expect(routes).toEqual([]);
  });

  it('of another group is passed over', async () => {
    const input = await readStdin(route('HTTPRoute', '{}').replace('gateway.networking.k8s.io', 'routes.example'));
    expect([input.routes, input.problems, input.passedOver?.kinds]).toEqual([[], [], { HTTPRoute: 1 }]);
  });
});
