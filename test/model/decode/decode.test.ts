/** Every rule of the decoders, one row each: what a field becomes, and what a bad one is called. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../../src/model/decode/object.ts';
import { decodePod } from '../../../src/model/decode/pod.ts';
import { PosternError } from '../../../src/model/error.ts';
import { formatAddress } from '../../../src/model/ip.ts';
import type { EndpointSlice, Namespace, NetworkPolicyObject, Node, Pod, Service } from '../../../src/model/objects.ts';

type Json = Record<string, unknown>;

const object = (apiVersion: string, kind: string, parts: Json, metadata: Json = {}) =>
  decodeObject({ apiVersion, kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, ...parts });
const pod = (parts: Json, metadata: Json = {}) => object('v1', 'Pod', parts, metadata) as Pod;
const node = (parts: Json) => object('v1', 'Node', parts) as Node;
const service = (parts: Json) => object('v1', 'Service', parts) as Service;
const slice = (parts: Json, metadata: Json = {}) => object('discovery.k8s.io/v1', 'EndpointSlice', parts, metadata) as EndpointSlice;
const policy = (parts: Json, metadata: Json = {}) => object('networking.k8s.io/v1', 'NetworkPolicy', parts, metadata) as NetworkPolicyObject;
const ports = (...list: unknown[]) => ({ containers: [{ name: 'c', ports: list }] });

function failureOf(action: () => unknown): PosternError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(PosternError);
    return error as PosternError;
  }
  throw new Error('nothing was thrown');
}

describe('metadata', () => {
  it.each<[string, Json, Partial<Pod>]>([
    ['an absent namespace is default', { namespace: undefined }, { namespace: 'default', uid: 'Pod/default/web' }],
    ['a null namespace is default', { namespace: null }, { namespace: 'default' }],
    ['an empty namespace is default', { namespace: '' }, { namespace: 'default' }],
    ['an absent uid is made of kind, namespace and name', {}, { uid: 'Pod/shop/web' }],
    ['a uid is kept', { uid: 'u-1' }, { uid: 'u-1' }],
    ['absent labels are none', {}, { labels: {}, annotations: {} }],
    ['null labels are none', { labels: null, annotations: null }, { labels: {}, annotations: {} }],
    ['labels are kept, empty values too', { labels: { a: '', 'b.io/c': 'd' } }, { labels: { a: '', 'b.io/c': 'd' } }],
    ['annotations are kept', { annotations: { a: 'b' } }, { annotations: { a: 'b' } }],
    ['a null deletionTimestamp is absent', { deletionTimestamp: null }, { terminating: false }],
    ['a deletionTimestamp makes it terminating', { deletionTimestamp: '2026-01-31T12:00:00Z' }, { terminating: true }],
    ['a null creationTimestamp is absent', { creationTimestamp: null }, {}],
  ])('%s', (_rule, metadata, expected) => {
    expect(pod({}, metadata)).toMatchObject(expected);
  });

  it.each<[string, Json, string, string]>([
    ['no name', { name: undefined }, 'metadata.name', 'has no name'],
    ['a name that YAML reads as a number', { name: 8080 }, 'metadata.name', 'the number 8080'],
    ['a name with a slash, which keys could not tell apart', { name: 'a/b' }, 'metadata.name', 'not a name'],
    ['a name in capitals', { name: 'Web' }, 'metadata.name', 'not a name'],
    ['a name that is far too long', { name: 'a'.repeat(254) }, 'metadata.name', 'not a name'],
    ['a namespace with a space', { namespace: 'my shop' }, 'metadata.namespace', 'not a name'],
    ['a label that YAML reads as a number', { labels: { v: 1 } }, 'metadata.labels["v"]', 'the number 1'],
    ['a label that YAML reads as a boolean', { labels: { 'a.b/c': true } }, 'metadata.labels["a.b/c"]', 'the boolean true'],
    ['a label without a value', { labels: { v: null } }, 'metadata.labels["v"]', 'nothing'],
    ['a label that is an object', { labels: { v: {} } }, 'metadata.labels["v"]', 'an object'],
    ['labels as a list', { labels: ['a'] }, 'metadata.labels', 'a list'],
    ['labels as a text', { labels: 'a=b' }, 'metadata.labels', '"a=b"'],
    ['an annotation that is a number', { annotations: { v: 1 } }, 'metadata.annotations["v"]', 'the number 1'],
    ['a time without a zone', { creationTimestamp: '2026-01-31T12:00:00' }, 'metadata.creationTimestamp', 'not a time'],
    ['a time that is a day', { creationTimestamp: '2026-01-31' }, 'metadata.creationTimestamp', 'not a time'],
    ['a day that no calendar has', { creationTimestamp: '2026-02-30T12:00:00Z' }, 'metadata.creationTimestamp', 'not a time'],
    ['a month that no calendar has', { creationTimestamp: '2026-13-01T12:00:00Z' }, 'metadata.creationTimestamp', 'not a time'],
    ['a time as a number', { creationTimestamp: 1700000000 }, 'metadata.creationTimestamp', 'the number'],
    ['a deletion time that is none', { deletionTimestamp: 'soon' }, 'metadata.deletionTimestamp', 'not a time'],
    ['a uid as a number', { uid: 7 }, 'metadata.uid', 'the number 7'],
  ])('%s is an error', (_what, metadata, field, message) => {
    const failure = failureOf(() => pod({}, metadata));
    expect(failure).toMatchObject({ code: 'E_OBJECT_FIELD', at: { field } });
    expect(failure.message).toContain(message);
    expect(failure.mend).toBeTruthy();
  });

  it('errors name the object', () => {
    expect(failureOf(() => pod({}, { labels: { a: 1 } })).at.object).toBe('Pod shop/web');
    expect(failureOf(() => pod({}, { namespace: undefined, labels: { a: 1 } })).at.object).toBe('Pod default/web');
    expect(failureOf(() => object('v1', 'Namespace', {}, { labels: { a: 1 } })).at.object).toBe('Namespace web');
    expect(failureOf(() => pod({}, { name: '' })).at.object).toBe('Pod without a name');
  });

  it('a scalar label error says which quotes to write', () => {
    expect(failureOf(() => pod({}, { labels: { version: 1.5 } })).mend).toBe('put it in quotes: "1.5"');
  });
});

describe('a Pod', () => {
  it.each<[string, Json, Json]>([
    ['has no node while it is not scheduled', {}, { nodeName: undefined }],
    ['has no node where Go writes an empty text', { spec: { nodeName: '' } }, { nodeName: undefined }],
    ['names its node', { spec: { nodeName: 'n1' } }, { nodeName: 'n1' }],
    ['has its own network unless it says otherwise', { spec: {} }, { hostNetwork: false }],
    ['may have its node\'s network', { spec: { hostNetwork: true } }, { hostNetwork: true }],
    ['without addresses is pending', {}, { phase: 'Pending' }],
    ['with addresses is running', { status: { podIP: '10.0.0.1' } }, { phase: 'Running' }],
    ['keeps the phase that it states', { status: { podIP: '10.0.0.1', phase: 'Succeeded' } }, { phase: 'Succeeded' }],
    ['has not started until the kubelet saw it', {}, { startedAt: undefined }],
    ['has a start time', { status: { startTime: '1970-01-01T00:00:01Z' } }, { startedAt: 1000 }],
    ['has a start time in any zone', { status: { startTime: '1970-01-01T01:00:00.5+01:00' } }, { startedAt: 500 }],
    ['with nothing but nulls is as one with nothing', { spec: null, status: null }, { ports: [], addresses: [], phase: 'Pending' }],
    ['with null lists has none', { spec: { containers: null, initContainers: null }, status: { podIPs: null } }, { ports: [], addresses: [] }],
    ['may have fields that nobody reads', { spec: { whatever: [1] }, extra: {} }, { ports: [] }],
  ])('%s', (_rule, parts, expected) => {
    const read: Json = { ...pod(parts) };
    for (const [key, value] of Object.entries(expected)) expect(read[key]).toEqual(value);
  });

  it.each<[string, Json, readonly string[]]>([
    ['all of podIPs', { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, ['10.0.0.1', 'fd00::1']],
    ['podIP alone', { podIP: '10.0.0.1' }, ['10.0.0.1']],
    ['podIP where podIPs is empty', { podIP: '10.0.0.1', podIPs: [] }, ['10.0.0.1']],
    ['podIP where podIPs has only empty texts', { podIP: '10.0.0.1', podIPs: [{ ip: '' }, {}] }, ['10.0.0.1']],
    ['no address twice', { podIPs: [{ ip: 'fd00::1' }, { ip: 'FD00:0::1' }] }, ['fd00::1']],
    ['none from an empty podIP', { podIP: '' }, []],
  ])('has as addresses %s', (_rule, status, addresses) => {
    expect(pod({ status }).addresses.map(formatAddress)).toEqual(addresses);
  });

  it('has ports of containers first, then of native sidecars, each in order', () => {
    const spec = {
      initContainers: [
        { name: 'once', ports: [{ containerPort: 1 }] },
        { name: 'sidecar', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 9090 }] },
        { name: 'never', restartPolicy: 'Never', ports: [{ containerPort: 2 }] },
      ],
      containers: [
        { name: 'a', ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }, { name: 'dns', containerPort: 53, protocol: 'UDP' }] },
        { name: 'b' },
        { name: 'c', ports: [{ name: 'http', containerPort: 8081, hostPort: 80 }, { containerPort: 132, protocol: 'SCTP' }] },
      ],
    };
    expect(pod({ spec }).ports).toEqual([
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'http', protocol: 'TCP', port: 8081 },
      { protocol: 'SCTP', port: 132 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ]);
  });

  it.each<[string, Json, string]>([
    ['a spec that is a list', { spec: [] }, 'spec'],
    ['a node name that is a number', { spec: { nodeName: 1 } }, 'spec.nodeName'],
    ['hostNetwork in quotes', { spec: { hostNetwork: 'true' } }, 'spec.hostNetwork'],
    ['containers that are an object', { spec: { containers: {} } }, 'spec.containers'],
    ['a container that is a text', { spec: { containers: ['web'] } }, 'spec.containers[0]'],
    ['a null container', { spec: { containers: [null] } }, 'spec.containers[0]'],
    ['a port in quotes', { spec: ports({ containerPort: 80 }, { containerPort: '80' }) }, 'spec.containers[0].ports[1].containerPort'],
    ['a port without a number', { spec: ports({ name: 'http' }) }, 'spec.containers[0].ports[0].containerPort'],
    ['port 0', { spec: ports({ containerPort: 0 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['a port over 65535', { spec: ports({ containerPort: 65536 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['half a port', { spec: ports({ containerPort: 80.5 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['an unknown protocol', { spec: ports({ containerPort: 80, protocol: 'HTTP' }) }, 'spec.containers[0].ports[0].protocol'],
    ['a protocol in small letters', { spec: ports({ containerPort: 80, protocol: 'tcp' }) }, 'spec.containers[0].ports[0].protocol'],
    ['a port name that is a number', { spec: ports({ containerPort: 80, name: 80 }) }, 'spec.containers[0].ports[0].name'],
    [
      'a bad port of a sidecar',
      { spec: { initContainers: [{}, { restartPolicy: 'Always', ports: [{ containerPort: -1 }] }] } },
      'spec.initContainers[1].ports[0].containerPort',
    ],
    ['an unknown phase', { status: { phase: 'running' } }, 'status.phase'],
    ['a start time that is none', { status: { startTime: 'today' } }, 'status.startTime'],
    ['a bad address', { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.256' }] } }, 'status.podIPs[1].ip'],
    ['a bad single address', { status: { podIP: '10.0.0' } }, 'status.podIP'],
    ['addresses as texts', { status: { podIPs: ['10.0.0.1'] } }, 'status.podIPs[0]'],
  ])('with %s is an error', (_what, parts, field) => {
    const failure = failureOf(() => pod(parts));
    expect(failure).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Pod shop/web', field } });
    expect(failure.mend).toBeTruthy();
  });

  it('is read without apiVersion and kind, as the items of an API list come', () => {
    expect(decodePod({ metadata: { name: 'web', namespace: 'shop' } })).toMatchObject({ kind: 'Pod', name: 'web' });
    expect(failureOf(() => decodePod(7))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Pod' } });
  });
});

describe('a Namespace', () => {
  it.each([
    ['where it lacks it', undefined],
    ['beside others', { team: 'a' }],
    ['over a false one', { 'kubernetes.io/metadata.name': 'other' }],
  ])('always has its name as a label: %s', (_rule, labels) => {
    const read = object('v1', 'Namespace', {}, { name: 'shop', namespace: null, labels }) as Namespace;
    expect(read).toEqual({ kind: 'Namespace', name: 'shop', labels: { ...labels, 'kubernetes.io/metadata.name': 'shop' } });
  });
});

describe('a Node', () => {
  it('has its internal and external addresses, and not its names', () => {
    const addresses = [
      { type: 'Hostname', address: 'n1' },
      { type: 'InternalIP', address: '10.0.0.1' },
      { type: 'ExternalIP', address: 'fd00::1' },
      { type: 'InternalDNS', address: 'n1.local' },
    ];
    expect(node({ status: { addresses } }).addresses.map(formatAddress)).toEqual(['10.0.0.1', 'fd00::1']);
  });

  it.each<[string, Json, readonly string[]]>([
    ['podCIDRs', { podCIDR: '10.1.0.0/24', podCIDRs: ['10.1.0.0/24', 'fd00:1::/64'] }, ['10.1.0.0/24', 'fd00:1::/64']],
    ['podCIDR alone', { podCIDR: '10.1.0.0/24' }, ['10.1.0.0/24']],
    ['none', {}, []],
  ])('has as pod blocks %s', (_rule, spec, expected) => {
    expect(node({ spec }).podCIDRs).toEqual(expected);
  });

  it.each<[string, Json, string]>([
    ['a bad address', { status: { addresses: [{ type: 'InternalIP', address: 'n1' }] } }, 'status.addresses[0].address'],
    ['a bad block', { spec: { podCIDRs: ['10.1.0.0'] } }, 'spec.podCIDRs[0]'],
    ['a bad single block', { spec: { podCIDR: '10.1.0.0/40' } }, 'spec.podCIDR'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => node(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Node web', field } });
  });
});

describe('a NetworkPolicy', () => {
  it('keeps its spec as it is, good or bad', () => {
    const spec = { podSelector: 7 };
    expect(policy({ spec }, { creationTimestamp: '1970-01-01T00:00:02Z', annotations: { a: 'b' } })).toEqual({
      kind: 'NetworkPolicy',
      namespace: 'shop',
      name: 'web',
      uid: 'NetworkPolicy/shop/web',
      createdAt: 2000,
      annotations: { a: 'b' },
      spec,
    });
    expect(policy({}).spec).toBeUndefined();
    expect(policy({}).createdAt).toBe(0);
  });
});

describe('a Service', () => {
  it.each<[string, Json, Json]>([
    ['is a ClusterIP Service unless it says otherwise', {}, { type: 'ClusterIP', ports: [], selector: {} }],
    ['may be of each type', { spec: { type: 'LoadBalancer' } }, { type: 'LoadBalancer' }],
    ['selects by labels', { spec: { selector: { app: 'web' } } }, { selector: { app: 'web' } }],
  ])('%s', (_rule, parts, expected) => {
    expect(service(parts)).toMatchObject(expected);
  });

  it.each<[string, Json, readonly string[]]>([
    ['clusterIPs', { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd00::60'] }, ['10.96.0.1', 'fd00::60']],
    ['clusterIP alone', { clusterIP: '10.96.0.1' }, ['10.96.0.1']],
    ['none where headless', { clusterIP: 'None', clusterIPs: ['None'] }, []],
    ['none before one is given out', { clusterIP: '' }, []],
  ])('has as cluster addresses %s', (_rule, spec, addresses) => {
    expect(service({ spec }).clusterIPs.map(formatAddress)).toEqual(addresses);
  });

  it('has external addresses, and those of its balancer that kube-proxy rewrites', () => {
    const ingress = [{ ip: '192.0.2.1' }, { hostname: 'lb.example' }, { ip: '192.0.2.2', ipMode: 'Proxy' }, { ip: '192.0.2.3', ipMode: 'VIP' }];
    const read = service({ spec: { externalIPs: ['198.51.100.1'] }, status: { loadBalancer: { ingress } } });
    expect(read.externalIPs.map(formatAddress)).toEqual(['198.51.100.1']);
    expect(read.loadBalancerIPs.map(formatAddress)).toEqual(['192.0.2.1', '192.0.2.3']);
  });

  it('has ports with their node ports', () => {
    const list = [{ port: 80 }, { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 }, { name: 'none', port: 81, nodePort: 0 }];
    expect(service({ spec: { ports: list } }).ports).toEqual([
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'dns', protocol: 'UDP', port: 53, nodePort: 30053 },
      { name: 'none', protocol: 'TCP', port: 81 },
    ]);
  });

  it.each<[string, Json, string]>([
    ['an unknown type', { spec: { type: 'Internal' } }, 'spec.type'],
    ['a bad cluster address', { spec: { clusterIPs: ['none'] } }, 'spec.clusterIPs[0]'],
    ['a bad single cluster address', { spec: { clusterIP: '10.96' } }, 'spec.clusterIP'],
    ['a bad external address', { spec: { externalIPs: ['198.51.100.1', 'x'] } }, 'spec.externalIPs[1]'],
    ['a bad balancer address', { status: { loadBalancer: { ingress: [{ ip: 'x' }] } } }, 'status.loadBalancer.ingress[0].ip'],
    ['a port without a number', { spec: { ports: [{ name: 'http' }] } }, 'spec.ports[0].port'],
    ['a bad node port', { spec: { ports: [{ port: 80, nodePort: 70000 }] } }, 'spec.ports[0].nodePort'],
    ['a selector value that is a number', { spec: { selector: { v: 1 } } }, 'spec.selector["v"]'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => service(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Service shop/web', field } });
  });
});

describe('an EndpointSlice', () => {
  it('belongs to the Service of its label', () => {
    expect(slice({}, { labels: { 'kubernetes.io/service-name': 'web' } }).service).toBe('web');
    expect(slice({}).service).toBe('');
  });

  it.each<[string, Json | null | undefined, Json]>([
    ['ready, where nothing is said', undefined, { ready: true, serving: true, terminating: false }],
    ['ready, where null is said', { ready: null, serving: null, terminating: null }, { ready: true, serving: true, terminating: false }],
    ['serving as it is ready', { ready: false }, { ready: false, serving: false, terminating: false }],
    ['as it says', { ready: false, serving: true, terminating: true }, { ready: false, serving: true, terminating: true }],
  ])('has endpoints that are %s', (_rule, conditions, expected) => {
    const [endpoint] = slice({ addressType: 'IPv4', endpoints: [{ addresses: ['10.0.0.1'], nodeName: 'n1', conditions }] }).endpoints;
    expect(endpoint).toEqual({ addresses: [0xffff_0a00_0001n], nodeName: 'n1', ...expected });
  });

  it('has ports, and passes over those that stand for all', () => {
    expect(slice({ ports: [{ port: 80 }, { port: null }, { name: 'dns', port: 53, protocol: 'UDP' }] }).ports).toEqual([
      { name: '', protocol: 'TCP', port: 80 },
      { name: 'dns', protocol: 'UDP', port: 53 },
    ]);
  });

  it('of host names has no endpoints', () => {
    expect(slice({ addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] }).endpoints).toEqual([]);
  });

  it.each<[string, Json, string]>([
    ['a bad address', { endpoints: [{ addresses: ['10.0.0.1'] }, { addresses: ['x'] }] }, 'endpoints[1].addresses[0]'],
    ['a condition that is a text', { endpoints: [{ conditions: { ready: 'yes' } }] }, 'endpoints[0].conditions.ready'],
    ['a bad port', { ports: [{ port: 0 }] }, 'ports[0].port'],
    ['an unknown address type', { addressType: 'MAC' }, 'addressType'],
  ])('with %s is an error', (_what, parts, field) => {
    expect(failureOf(() => slice(parts))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'EndpointSlice shop/web', field } });
  });
});

describe('apiVersion and kind', () => {
  it.each([
    ['another kind', 'apps/v1', 'Deployment'],
    ['a custom kind', 'example.com/v1', 'Thing'],
    ['another project\'s Service', 'serving.knative.dev/v1', 'Service'],
    ['another project\'s NetworkPolicy', 'projectcalico.org/v3', 'NetworkPolicy'],
  ])('%s is passed over', (_what, apiVersion, kind) => {
    expect(object(apiVersion, kind, {})).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ['an old version', { apiVersion: 'extensions/v1beta1', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['a version to come', { apiVersion: 'networking.k8s.io/v2', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['another group of Kubernetes', { apiVersion: 'policy.networking.k8s.io/v1', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['a NetworkPolicy as v1', { apiVersion: 'v1', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['a Pod without a version', { kind: 'Pod' }, 'E_OBJECT_VERSION', 'apiVersion: v1'],
    ['a Pod with a version that is a number', { apiVersion: 1, kind: 'Pod' }, 'E_OBJECT_VERSION', 'apiVersion: v1'],
    ['a known kind in other letters', { apiVersion: 'networking.k8s.io/v1', kind: 'Networkpolicy' }, 'E_OBJECT_KIND', 'write NetworkPolicy'],
    ['no kind', { apiVersion: 'v1' }, 'E_OBJECT_KIND', 'kind'],
    ['a kind that is a number', { apiVersion: 'v1', kind: 1 }, 'E_OBJECT_KIND', 'kind'],
    ['a list', [], 'E_OBJECT_KIND', 'kind'],
    ['a text', 'Pod', 'E_OBJECT_KIND', 'kind'],
    ['nothing', null, 'E_OBJECT_KIND', 'kind'],
  ])('%s is an error', (_what, value, code, mend) => {
    const failure = failureOf(() => decodeObject(value));
    expect(failure.code).toBe(code);
    expect(failure.mend).toContain(mend);
  });
});

it('No JSON makes a decoder throw anything but its own error', () => {
  const keys = [
    ...['metadata', 'spec', 'status', 'name', 'labels', 'containers', 'initContainers', 'ports', 'containerPort', 'protocol'],
    ...['podIPs', 'podIP', 'ip', 'addresses', 'type', 'endpoints', 'conditions', 'restartPolicy', '__proto__', 'constructor'],
  ];
  const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 6 }, tie('leaf'), fc.dictionary(fc.constantFrom(...keys), tie('tree')), fc.array(tie('tree'), { maxLength: 3 })),
    leaf: fc.oneof(fc.constantFrom<unknown>(null, true, 0, 80, 'web', '10.0.0.1', 'Always', 'TCP', ''), fc.string(), fc.double()),
  }));
  const kinds = fc.constantFrom(
    ...[['v1', 'Pod'], ['v1', 'Namespace'], ['v1', 'Node'], ['v1', 'Service']],
    ...[['networking.k8s.io/v1', 'NetworkPolicy'], ['discovery.k8s.io/v1', 'EndpointSlice']],
  );
  fc.assert(
    fc.property(kinds, fc.dictionary(fc.constantFrom(...keys), tree), ([apiVersion, kind], parts) => {
      try {
        decodeObject({ metadata: { name: 'web' }, ...parts, apiVersion, kind });
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
        expect((error as PosternError).at.field).toBeTruthy();
      }
    }),
    { numRuns: 1000 },
  );
});
