/** One of everything that an audit reads, with what it leaves out. */

import { podManifest, workloadManifest } from './input-support.ts';

export const HASH = { app: 'web', 'pod-template-hash': '5d8f9c' };
/** Stands where nothing is read. */
export const SECRET = 'hunter2';

export const EVERYTHING = [
  `apiVersion: v1
kind: Pod
metadata:
  namespace: shop
  name: full
  uid: u-1
  labels: {app: full}
  annotations: {other.example/secret: ${SECRET}, postern.dev/ignore: "PN001=known; PN002=also"}
  deletionTimestamp: 2026-01-01T00:00:00Z
spec:
  nodeName: n1
  containers: [{image: registry.example/${SECRET}, env: [{name: A, value: ${SECRET}}], ports: [{name: http, containerPort: 80, hostPort: 8080}]}]
  initContainers: [{restartPolicy: Always, ports: [{containerPort: 53, protocol: UDP}]}]
status: {phase: Running, startTime: 2026-01-01T00:00:00Z, podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]}
`,
  podManifest('shop/done', undefined, {}, 'Succeeded'),
  podManifest('shop/web-5d8f9c-a', 'ReplicaSet web-5d8f9c', HASH),
  podManifest('shop/solo-5d8f9c-a', 'ReplicaSet solo-5d8f9c', HASH),
  podManifest('shop/clone', 'CloneSet clone'),
  workloadManifest('Deployment', 'shop/web'),
  workloadManifest('Deployment', 'shop/off', { replicas: 0 }),
  workloadManifest('StatefulSet', 'shop/db'),
  workloadManifest('DaemonSet', 'shop/agent'),
  workloadManifest('ReplicaSet', 'shop/old', {}),
  workloadManifest('ReplicationController', 'shop/older'),
  workloadManifest('Job', 'shop/once', { suspend: true }),
  workloadManifest('CronJob', 'shop/nightly', { suspend: true }),
  workloadManifest('CronJob', 'shop/hourly'),
  'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}, annotations: {postern.dev/ignore: "PN003=by design"}}\n',
  `apiVersion: v1
kind: Node
metadata: {name: n1, labels: {zone: a}, annotations: {postern.dev/enforcement: disabled}}
spec: {podCIDRs: [10.0.0.0/24]}
status: {addresses: [{type: InternalIP, address: 192.0.2.1}, {type: ExternalIP, address: 198.51.100.1}, {type: Hostname, address: n1}]}
`,
  `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: p, uid: u-2, creationTimestamp: 2026-01-01T00:00:00Z, annotations: {postern.dev/ignore: "PN004=why not"}}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}], ports: [{port: 80, endPort: 90}]}], strange: true}
`,
  'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {namespace: shop, name: bare}\n',
  `apiVersion: v1
kind: Service
metadata: {namespace: shop, name: web}
spec: {type: LoadBalancer, clusterIPs: [10.96.0.1, "fd00::a"], externalIPs: [198.51.100.9], selector: {app: web}, ports: [{name: http, port: 80, nodePort: 30080}]}
status: {loadBalancer: {ingress: [{ip: 203.0.113.1}]}}
`,
  'apiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: headless}\nspec: {clusterIP: None, ports: [{port: 53, protocol: UDP}]}\n',
  `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {namespace: shop, name: web-x, labels: {kubernetes.io/service-name: web}}
addressType: IPv6
ports: [{name: http, port: 8080}]
endpoints: [{addresses: ["fd00::1"], nodeName: n1, conditions: {ready: false, serving: true, terminating: true}}, {addresses: ["fd00::2"]}]
`,
  `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {namespace: shop, name: web}
spec: {ingressClassName: nginx, rules: [{host: a.example, http: {paths: [{}, {backend: {service: {name: web, port: {name: http}}}}]}}]}
`,
  'apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {namespace: shop, name: r}\nspec: {parentRefs: [{name: g}], rules: [{backendRefs: [{name: web, port: 80}]}]}\n',
  'apiVersion: v1\nkind: Service\nmetadata: {namespace: shop, name: wrong}\nspec: {ports: [{port: "80"}]}\n',
].join('---\n');
