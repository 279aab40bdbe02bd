/** Services as the cluster makes them: endpoints by its controllers, packets by its kube-proxy, clients in pods, on nodes and outside. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { STRANGER } from '../../support/builders/three-namespaces.ts';
import { shownAddresses } from '../harness/network.ts';
import { ClusterStage } from '../harness/stage.ts';
import type { ClusterPod } from '../harness/test-pods.ts';
import { Actor } from '../judge/actor.ts';
import { forgetFlows } from '../judge/forget-flows.ts';
import { knockFor } from '../judge/knocks.ts';
import { Markers, MARKERS_NAMESPACE } from '../judge/markers.ts';
import { connectStranger, removeStranger } from '../judge/stranger.ts';
import { createNamespace, removeNamespace } from '../judge/write-objects.ts';
import { agnhostName } from '../harness/images.ts';

const NAMESPACE = 'services';
const POD_PORT = 9090;
const SERVICE_PORT = 80;
const NODE_PORT = 30090;
const LOCAL_NODE_PORT = 30091;
const POLL_MS = 100;
const TIMEOUT_MS = 20_000;
const BACKENDS = ['web-1', 'web-2'];
const EVERYBODY = 'web-1 web-2';

type Addresses = readonly [string, string];

const cidr = (address: string): object => ({ ipBlock: { cidr: `${address}/${address.includes(':') ? 128 : 32}` } });

describe('Services', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  const { plan } = cluster;
  const folder = join(plan.folder, 'actors');
  const nodes = new Map<string, Actor>();
  let actors: Actor[] = [];
  let pods: readonly ClusterPod[] = [];
  let client: Actor;
  let farClient: Actor;
  let stranger: Actor;
  let markers: Markers;
  let web: Addresses;
  /** Of the policies that are there. */
  let policies: string[] = [];

  beforeAll(async () => {
    await stage.begin();
    await removeNamespace(api, MARKERS_NAMESPACE);
    await createNamespace(api, MARKERS_NAMESPACE);
    markers = await Markers.make(cluster, api, await agnhostName(cluster.bin));
    pods = await stage.start(
      { name: 'web-1', node: 'n1', labels: { role: 'web' } },
      { name: 'web-2', node: 'n2', labels: { role: 'web' } },
      { name: 'client', node: 'n1' },
      { name: 'far-client', node: 'n2' },
    );
    const serve = (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, port: POD_PORT }));
    for (const { name, netns, v4, v6 } of pods)
      actors.push(await Actor.start(folder, { key: `${NAMESPACE}/${name}`, netns, addresses: [v4, v6] }, serve));
    [, , client, farClient] = actors as [Actor, Actor, Actor, Actor];
    const outside = { key: 'outside/stranger', netns: join('/run/netns', await connectStranger(plan)), addresses: STRANGER };
    stranger = await Actor.start(folder, outside, []);
    for (const { name, netns, address, address6 } of plan.nodes) {
      const place = { key: `node/${name}`, netns: join('/run/netns', netns), addresses: [address, address6] } as const;
      nodes.set(name, await Actor.start(folder, place, []));
    }
    actors = [...actors, stranger, ...nodes.values()];
    web = await makeService('web', {});
    await makeService('web-node-port', { type: 'NodePort' }, NODE_PORT);
    await makeService('web-local', { type: 'NodePort', externalTrafficPolicy: 'Local' }, LOCAL_NODE_PORT);
    await markers.untilInForce(new Set(['Service', 'EndpointSlice', 'Pod']), new Map());
    await markers.untilProxied();
  });

  beforeEach(async () => {
    for (const name of policies) await api.deletePolicy(NAMESPACE, name);
    policies = [];
    await forgetFlows(plan);
  });

  afterAll(async () => {
    await Promise.all(actors.map((actor) => actor.stop()));
    await removeStranger(plan);
    await removeNamespace(api, MARKERS_NAMESPACE);
    await stage.end();
  });

  /** Returns its addresses when both pods are its endpoints, in both families. */
  async function makeService(name: string, spec: object, nodePort?: number): Promise<Addresses> {
    const ports = (['TCP', 'UDP'] as const).map((protocol) => ({
      name: protocol.toLowerCase(),
      protocol,
      port: SERVICE_PORT,
      targetPort: POD_PORT,
      ...(nodePort === undefined ? {} : { nodePort }),
    }));
    const families = { ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] };
    const body = { metadata: { name }, spec: { selector: { role: 'web' }, ...families, ports, ...spec } };
    const { body: made } = await api.ask({ method: 'POST', path: `/api/v1/namespaces/${NAMESPACE}/services`, body });
    const path = `/apis/discovery.k8s.io/v1/namespaces/${NAMESPACE}/endpointslices?labelSelector=kubernetes.io/service-name%3D${name}`;
    const deadline = performance.now() + TIMEOUT_MS;
    for (;;) {
      const { items } = (await api.ask({ method: 'GET', path })).body as {
        items: readonly { readonly endpoints: readonly unknown[] | null }[];
      };
      if (items.filter(({ endpoints }) => endpoints?.length === BACKENDS.length).length === families.ipFamilies.length) break;
      if (performance.now() > deadline) throw new Error(`${name} does not get its endpoints: ${JSON.stringify(items)}`);
      await sleep(POLL_MS);
    }
    return (made as { readonly spec: { readonly clusterIPs: Addresses } }).spec.clusterIPs;
  }

  /** Of pods of this role or name; by `egress` or `ingress` rules. */
  async function isolate(
    name: string,
    selector: object,
    rules: { readonly ingress?: readonly object[]; readonly egress?: readonly object[] },
  ): Promise<void> {
    const policyTypes = [...(rules.ingress === undefined ? [] : ['Ingress']), ...(rules.egress === undefined ? [] : ['Egress'])];
    await api.putPolicy(NAMESPACE, name, { podSelector: { matchLabels: selector }, policyTypes, ...rules });
    policies.push(name);
    await markers.untilInForce(new Set(['NetworkPolicy']), new Map());
  }

  async function expectAt(
    who: Actor,
    addresses: Addresses,
    port: number,
    wanted: string,
    protocols: readonly ('TCP' | 'UDP')[] = ['TCP', 'UDP'],
  ): Promise<void> {
    for (const address of addresses)
      for (const protocol of protocols) {
        const door = { address, port, protocol };
        expect(`${who.place.key} at ${address} ${port}/${protocol}: ${await knockFor(wanted, who, door)}`).toBe(
          `${who.place.key} at ${address} ${port}/${protocol}: ${wanted}`,
        );
      }
  }

  const node = (name: string): Actor => {
    const found = nodes.get(name);
    if (found === undefined) throw new TypeError(`there is no node ${name}`);
    return found;
  };
  const toPod = (name: string): object => ({ to: [{ podSelector: { matchLabels: { app: name } } }] });
  const fromPod = (name: string): object => ({ from: [{ podSelector: { matchLabels: { app: name } } }] });

  it('are open to all without policies', async () => {
    for (const who of [client, farClient, node('n1'), node('n2')]) await expectAt(who, web, SERVICE_PORT, EVERYBODY);
    for (const name of ['n1', 'n2']) await expectAt(stranger, node(name).place.addresses, NODE_PORT, EVERYBODY);
    await expectAt(stranger, node('n1').place.addresses, LOCAL_NODE_PORT, 'web-1');
    await expectAt(stranger, node('n2').place.addresses, LOCAL_NODE_PORT, 'web-2');
  });

  it("are judged by the backend that kube-proxy chose, for the client's egress", async () => {
    await isolate('client', { app: 'client' }, { egress: [toPod('web-1')] });
    await expectAt(client, web, SERVICE_PORT, 'web-1 or silence');
    await expectAt(client, node('n1').place.addresses, NODE_PORT, 'web-1 or silence');
    // Another node is an address like any other.
    await expectAt(client, node('n2').place.addresses, NODE_PORT, 'silence');
    await expectAt(farClient, web, SERVICE_PORT, EVERYBODY);
  });

  it("are judged by the pod's port, not by the Service's", async () => {
    const ports = (port: number): object[] => (['TCP', 'UDP'] as const).map((protocol) => ({ protocol, port }));
    await isolate('client', { app: 'client' }, { egress: [{ ports: ports(POD_PORT) }] });
    await isolate('far-client', { app: 'far-client' }, { egress: [{ ports: ports(SERVICE_PORT) }] });
    await expectAt(client, web, SERVICE_PORT, EVERYBODY);
    await expectAt(farClient, web, SERVICE_PORT, 'silence');
  });

  it("are judged by the client, for the backends' ingress", async () => {
    await isolate('web', { role: 'web' }, { ingress: [fromPod('client')] });
    await expectAt(client, web, SERVICE_PORT, EVERYBODY);
    await expectAt(farClient, web, SERVICE_PORT, 'silence');
    await expectAt(stranger, node('n1').place.addresses, NODE_PORT, 'silence');
    await expectAt(stranger, node('n1').place.addresses, LOCAL_NODE_PORT, 'silence');
  });

  it('show clients that keep their address, and those of their own node behind another', async () => {
    await isolate('web', { role: 'web' }, { ingress: [{ from: STRANGER.map(cidr) }] });
    await expectAt(stranger, node('n1').place.addresses, LOCAL_NODE_PORT, 'web-1');
    await expectAt(stranger, node('n2').place.addresses, LOCAL_NODE_PORT, 'web-2');
    // The other backend sees the node that the packets came through.
    await expectAt(stranger, node('n1').place.addresses, NODE_PORT, 'web-1 or silence');
    await expectAt(stranger, node('n2').place.addresses, NODE_PORT, 'web-2 or silence');
    await expectAt(client, web, SERVICE_PORT, 'silence');
  });

  it('do not take a masqueraded client for the node', async () => {
    await isolate('web', { role: 'web' }, { ingress: [] });
    for (const name of ['n1', 'n2']) await expectAt(stranger, node(name).place.addresses, NODE_PORT, 'silence');
    await expectAt(client, node('n1').place.addresses, NODE_PORT, 'silence');
  });

  it('are open to processes of a node where their pods are; another node is an address like any other', async () => {
    await isolate('web', { role: 'web' }, { ingress: [] });
    await expectAt(node('n1'), web, SERVICE_PORT, 'web-1 or silence');
    await expectAt(node('n2'), web, SERVICE_PORT, 'web-2 or silence');
    await isolate('from-n1', { role: 'web' }, { ingress: [{ from: shownAddresses(plan, cluster.node('n1')).map(cidr) }] });
    await forgetFlows(plan);
    await expectAt(node('n1'), web, SERVICE_PORT, EVERYBODY);
    await expectAt(node('n2'), web, SERVICE_PORT, 'web-2 or silence');
  });
});
