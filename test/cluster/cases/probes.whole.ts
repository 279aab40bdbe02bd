/** Kubelet's probes reach pods that are closed to everybody else. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { untilAll, untilInForce } from '../harness/agents.ts';
import { agnhostName } from '../harness/images.ts';
import { ClusterStage } from '../harness/stage.ts';
import { podObject } from '../harness/test-pods.ts';
import { Actor } from '../judge/actor.ts';

const NAMESPACE = 'probes';
const HTTP_PORT = 8080;
const GRPC_PORT = 5000;
/** Of five failures in a row a container dies; a command may take a while to start on a busy machine. */
const TIMES = { periodSeconds: 1, timeoutSeconds: 5, failureThreshold: 5 };
/** So may a server. */
const START_TIMES = { ...TIMES, failureThreshold: 60 };
const WATCHED_MS = 8000;

const SERVE = ['netexec', `--http-port=${HTTP_PORT}`];
const PROBES = {
  http: { args: SERVE, port: HTTP_PORT, probe: { httpGet: { path: '/hostname', port: HTTP_PORT } } },
  tcp: { args: SERVE, port: HTTP_PORT, probe: { tcpSocket: { port: HTTP_PORT } } },
  exec: { args: SERVE, port: HTTP_PORT, probe: { exec: { command: ['/agnhost', 'help'] } } },
  grpc: { args: ['grpc-health-checking', `--port=${GRPC_PORT}`], port: GRPC_PORT, probe: { grpc: { port: GRPC_PORT } } },
} as const;

interface ProbedPod {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly podIPs: readonly { readonly ip: string }[];
    readonly conditions: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
    readonly containerStatuses: readonly { readonly restartCount: number }[];
  };
}

const familyOf = (address: string): 4 | 6 => (address.includes(':') ? 6 : 4);

describe('pods that are closed', () => {
  const stage = new ClusterStage(NAMESPACE);
  const { api, cluster } = stage;
  const names = cluster.plan.nodes.flatMap(({ name }) => Object.keys(PROBES).map((kind) => `${kind}-${name}`));
  let neighbour: Actor;

  beforeAll(async () => {
    await stage.begin();
    const [{ name, netns, v4, v6 }] = await stage.start({ name: 'neighbour', node: 'n1' });
    neighbour = await Actor.start(join(cluster.plan.folder, 'actors'), { key: `${NAMESPACE}/${name}`, netns, addresses: [v4, v6] }, []);
    // Before the pods: they never run open.
    await api.putPolicy(NAMESPACE, 'closed', { podSelector: { matchLabels: { closed: 'yes' } }, policyTypes: ['Ingress', 'Egress'] });
    await untilInForce(cluster, `${NAMESPACE}/closed`);
    const image = await agnhostName(cluster.bin);
    for (const { name: node } of cluster.plan.nodes) {
      for (const [kind, { args, probe }] of Object.entries(PROBES)) {
        const body = podObject({ name: `${kind}-${node}`, node, labels: { closed: 'yes' } }, image, args) as {
          readonly spec: { readonly containers: readonly [object] };
        };
        const containers = [
          {
            ...body.spec.containers[0],
            startupProbe: { ...probe, ...START_TIMES },
            readinessProbe: { ...probe, ...TIMES },
            livenessProbe: { ...probe, ...TIMES },
          },
        ];
        await api.ask({
          method: 'POST',
          path: `/api/v1/namespaces/${NAMESPACE}/pods`,
          body: { ...body, spec: { ...body.spec, containers } },
        });
      }
    }
  });

  afterAll(async () => {
    await neighbour.stop();
    await stage.end();
  });

  async function listProbed(): Promise<readonly ProbedPod[]> {
    const { body } = await api.ask({ method: 'GET', path: `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=closed%3Dyes` });
    return (body as { readonly items: readonly ProbedPod[] }).items;
  }

  const describePod = ({ metadata, status }: ProbedPod): string => {
    const ready = status.conditions.find(({ type }) => type === 'Ready');
    const restarts = status.containerStatuses.map(({ restartCount }) => restartCount).join();
    return `${metadata.name}: Ready ${ready?.status} since ${ready?.lastTransitionTime}, ${restarts} restarts`;
  };

  it('become ready by HTTP, TCP, gRPC and a command, and stay so', async () => {
    await cluster.kubectl(['-n', NAMESPACE, 'wait', '--for=condition=Ready', 'pod', '-l', 'closed=yes', '--timeout=90s']);
    const before = (await listProbed()).map(describePod);
    expect(before).toHaveLength(names.length);
    expect(before.filter((text) => !/Ready True .* 0 restarts$/.test(text))).toEqual([]);
    await sleep(WATCHED_MS);
    expect((await listProbed()).map(describePod)).toEqual(before);
  });

  /** What a neighbour meets at each address; who accepts says nothing, since nobody asks. */
  async function knockAll(): Promise<readonly string[]> {
    const doors = (await listProbed()).flatMap(({ metadata, status }) => {
      const { port } = PROBES[metadata.name.split('-')[0] as keyof typeof PROBES];
      return status.podIPs.map(({ ip }) => ({ name: metadata.name, address: ip, port }));
    });
    const knock = async ({ name, address, port }: (typeof doors)[number]): Promise<string> => {
      const family = familyOf(address);
      const { outcome } = await neighbour.probe({ address, family, protocol: 'TCP', port, timeoutMs: 1000 });
      return `${name} ${family}: ${outcome}`;
    };
    return Promise.all(doors.map(knock));
  }

  it('are closed to their neighbours all the same', async () => {
    const doors = (await listProbed()).flatMap(({ metadata, status }) => status.podIPs.map(({ ip }) => `${metadata.name} ${familyOf(ip)}`));
    expect(doors.length).toBeGreaterThanOrEqual(names.length);
    const addresses = doors.toSorted();
    expect((await knockAll()).toSorted()).toEqual(addresses.map((address) => `${address}: timeout`));
    await api.deletePolicy(NAMESPACE, 'closed');
    await untilAll(
      cluster,
      'the policy gone',
      ({ settled, policies }) => settled && !policies.some(({ policy }) => policy === `${NAMESPACE}/closed`),
    );
    expect((await knockAll()).toSorted()).toEqual(addresses.map((address) => `${address}: error:silent`));
  });
});
