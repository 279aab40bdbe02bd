/** What the manifests ask of a cluster: no more rights than are said, and nothing that the agent does not know. */

import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { agentCommand } from '../../src/cli/agent.ts';
import {
  type ClusterRole,
  containersOf,
  type DaemonSet,
  findObject,
  type KubeObject,
  type PodSpec,
  readObjects,
} from './read-manifests.ts';

const objects = readObjects('deploy/postern.yaml');
const daemonSet = findObject<DaemonSet>(objects, 'DaemonSet');
const pod = daemonSet.spec.template.spec;
const uninstall = findObject<DaemonSet>(readObjects('deploy/uninstall.yaml'), 'DaemonSet');

/** The agent's rights on a node, each with its reason in deploy/README.md. */
const CAPABILITIES = ['BPF', 'NET_ADMIN', 'NET_BROADCAST', 'PERFMON'];

describe('the manifest', () => {
  it('makes a namespace, an account with its role, and a DaemonSet', () => {
    expect(objects.map(({ kind }) => kind)).toEqual(['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'DaemonSet']);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace ?? metadata.name))).toEqual(new Set(['postern']));
  });

  it('lets the account read what is judged, and tell by Events, and nothing else', () => {
    const { rules } = findObject<ClusterRole>(objects, 'ClusterRole');
    const rights = rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}${group === '' ? '' : `.${group}`}`)),
      ),
    );
    const read = ['endpointslices.discovery.k8s.io', 'namespaces', 'networkpolicies.networking.k8s.io', 'nodes', 'pods', 'services'];
    expect(rights.toSorted()).toEqual(
      [...read.flatMap((resource) => [`list ${resource}`, `watch ${resource}`]), 'create events'].toSorted(),
    );
  });

  it('binds that role to the account that the pods run as', () => {
    const { roleRef, subjects } = findObject<KubeObject & { roleRef: object; subjects: readonly object[] }>(objects, 'ClusterRoleBinding');
    expect(roleRef).toEqual({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'postern' });
    expect(subjects).toEqual([{ kind: 'ServiceAccount', name: pod.serviceAccountName, namespace: 'postern' }]);
  });

  it('goes from node to node, and is ready only where all is in force', () => {
    expect(daemonSet.spec.updateStrategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } });
    const [agent] = pod.containers;
    expect(agent?.readinessProbe?.httpGet).toEqual({ path: '/readyz', port: 'metrics' });
    expect(agent?.livenessProbe?.httpGet).toEqual({ path: '/livez', port: 'metrics' });
    const port = agent?.ports?.find(({ name }) => name === 'metrics')?.containerPort;
    expect(agent?.args).toContain(`--listen=0.0.0.0:${port}`);
    expect(daemonSet.spec.template.metadata.annotations?.['prometheus.io/port']).toBe(String(port));
  });

  it('asks for memory and processor time, and sets no limit at which enforcement of what is new would stop', () => {
    const [agent] = pod.containers;
    expect(Object.keys(agent?.resources?.requests ?? {}).toSorted()).toEqual(['cpu', 'memory']);
    expect(agent?.resources?.limits).toBeUndefined();
  });

  it('keeps its pins and its socket where they outlive the container', () => {
    const [agent] = pod.containers;
    const folders = (agent?.args ?? []).flatMap((word) => /^--(?:bpf-root|socket)=(\/[^$]+)\//.exec(word)?.[1] ?? []);
    expect(folders).toEqual(['/sys/fs/bpf/postern', '/run/postern']);
    const mounts = (agent?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    for (const folder of folders) expect(mounts.some((mount) => `${folder}/`.startsWith(`${mount}/`))).toBe(true);
    // Runtimes refuse propagation where the host's mounts are private, as without systemd.
    expect(agent?.volumeMounts?.every(({ mountPropagation }) => mountPropagation === undefined)).toBe(true);
  });
});

describe('the manifest that takes the agents away', () => {
  it('finds what the agents left where they left it, with no right that they lack', () => {
    const folders = (set: DaemonSet): readonly string[] =>
      containersOf(set).flatMap(({ args = [] }) => args.filter((word) => /^--(?:bpf-root|socket)=/.test(word)));
    expect(folders(uninstall)).toEqual(folders(daemonSet));
    for (const { securityContext } of containersOf(uninstall))
      expect(CAPABILITIES).toEqual(expect.arrayContaining([...(securityContext.capabilities.add ?? [])]));
    expect(uninstall.spec.template.spec.hostNetwork).toBe(pod.hostNetwork);
    expect(uninstall.spec.template.spec.tolerations).toEqual(pod.tolerations);
    expect(uninstall.spec.template.spec.nodeSelector).toEqual(pod.nodeSelector);
    expect(containersOf(uninstall).map(({ image }) => image)).toEqual(containersOf(uninstall).map(() => pod.containers[0]?.image));
  });

  it('has no use for the API server', () => {
    expect(uninstall.spec.template.spec.automountServiceAccountToken).toBe(false);
    expect(uninstall.spec.template.spec.serviceAccountName).toBeUndefined();
  });
});

describe.each([
  ['the agents', daemonSet],
  ['their removal', uninstall],
])('%s', (_, set) => {
  const spec: PodSpec = set.spec.template.spec;
  const containers = containersOf(set);

  it('run on every Linux node before any pod has a network, in the node’s network namespace and in no other of its namespaces', () => {
    expect(spec).toMatchObject({
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
    });
    for (const field of ['hostPID', 'hostIPC', 'shareProcessNamespace']) expect(spec[field] ?? false).toBe(false);
  });

  it('are never privileged: a few capabilities of root, a read-only root, the runtime’s system calls', () => {
    for (const { name, securityContext } of containers) {
      const { capabilities, ...rest } = securityContext;
      expect(rest).toMatchObject({
        privileged: false,
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(capabilities.drop).toEqual(['ALL']);
      if (name === 'agent') expect(capabilities.add).toEqual(CAPABILITIES);
    }
  });

  it('are selected by the label that they have', () => {
    expect(set.spec.template.metadata.labels).toMatchObject(set.spec.selector.matchLabels);
  });

  it('mount volumes that are declared, and declare none for nobody', () => {
    const mounted = new Set(containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)));
    expect([...mounted].toSorted()).toEqual(spec.volumes.map(({ name }) => name).toSorted());
  });

  it('name an image without a host, of the version that this is', async () => {
    const { default: project } = (await import('../../package.json', { with: { type: 'json' } })) as { default: { version: string } };
    for (const { image } of containers) expect(image).toBe(`postern:${project.version}`);
  });

  it.each(containers.filter(({ args }) => args !== undefined))(
    'say to $name only what the command line knows',
    ({ args = [], env = [] }) => {
      const known = new Map(env.map(({ name, value }) => [name, value ?? 'n1']));
      const words = args.map((word) =>
        word.replaceAll(/\$\((\w+)\)/g, (_all, name: string) => {
          const value = known.get(name);
          if (value === undefined) throw new Error(`$(${name}) is not in the environment`);
          return value;
        }),
      );
      expect(unknownWords(words)).toEqual([]);
      expect(unknownWords([...words, '--no-such-flag'])).toEqual(['--no-such-flag']);
    },
  );
});

/** Of a command line: what is neither a command nor one of its flags. A flag's bad value throws. */
function unknownWords([first, ...words]: readonly string[]): readonly string[] {
  let command: Command = agentCommand();
  if (first !== command.name()) return [first ?? ''];
  const rest = [...words];
  for (let next = subcommand(command, rest[0]); next !== undefined; next = subcommand(command, rest[0])) {
    command = next;
    rest.shift();
  }
  const { operands, unknown } = command.exitOverride().parseOptions(rest);
  return [...operands, ...unknown];
}

function subcommand(command: Command, word: string | undefined): Command | undefined {
  return command.commands.find((one) => one.name() === word);
}
