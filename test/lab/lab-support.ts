/** What the lab's tests share: pods as manifests, and a picture of everything that a lab could leave behind. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { labPaths, namespacePrefix } from '../../src/lab/state/lab-paths.ts';
import { listNamespaces } from '../../src/lab/network/namespaces.ts';
import type { LabPort, ProbeRequest, RawObject } from '../../src/lab/types.ts';
import type { Lab } from '../../src/lab/lab.ts';

/** `key`: `namespace/name`. Serves TCP and UDP 80 unless told otherwise. */
export function podManifest(
  key: string,
  fields: {
    readonly ports?: readonly LabPort[];
    readonly labels?: Readonly<Record<string, string>>;
    readonly spec?: object;
    readonly annotations?: Readonly<Record<string, string>>;
  } = {},
): RawObject {
  const [namespace, name] = key.split('/');
  const ports = fields.ports ?? [
    { protocol: 'TCP', port: 80 },
    { protocol: 'UDP', port: 80 },
  ];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace,
      name,
      labels: { pod: name, ...fields.labels },
      ...(fields.annotations === undefined ? {} : { annotations: fields.annotations }),
    },
    spec: {
      ...fields.spec,
      containers: [{ name: 'main', image: 'none', ports: ports.map(({ port, ...rest }) => ({ containerPort: port, ...rest })) }],
    },
  };
}

/** Every pod to every port of every pod, over both families. */
export function everyProbe(lab: Lab): readonly ProbeRequest[] {
  return lab
    .pods()
    .flatMap((from) =>
      lab
        .pods()
        .flatMap((to) =>
          to.ports.flatMap(({ protocol, port }) =>
            ([4, 6] as const).map((family) => ({ from: from.key, to: to.key, protocol, port, family, timeoutMs: 1000 })),
          ),
        ),
    );
}

/** Probes that were not answered by the pod that they asked, as text. */
export async function failedProbes(lab: Lab, probes: readonly ProbeRequest[]): Promise<readonly string[]> {
  const results = await lab.probe(probes);
  return probes.flatMap((probe, index) => {
    const result = results[index];
    const right = result?.outcome === 'open' && result.answeredBy === probe.to;
    return right ? [] : [`${probe.from} → ${probe.to} ${probe.port}/${probe.protocol} IPv${probe.family}: ${JSON.stringify(result)}`];
  });
}

export interface Leftovers {
  readonly namespaces: readonly string[];
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly folder: boolean;
}

export const NOTHING_LEFT: Leftovers = { namespaces: [], processes: [], mounts: [], folder: false };

/** Everything on this machine that bears the lab's name. */
export function leftoversOf(lab: string): Leftovers {
  const { dir } = labPaths(lab);
  const prefix = namespacePrefix(lab);
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return {
    namespaces: listNamespaces(prefix),
    processes: commandLines().filter((line) => line.includes(`${dir}/`) || line.includes(prefix)),
    mounts: mounts.filter((line) => line.includes(`${dir}/`) || line.includes(prefix)),
    folder: existsSync(dir),
  };
}

/** Names of the interfaces in the machine's own namespace. */
export function machineInterfaces(): readonly string[] {
  return readFileSync('/proc/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '');
}

function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    });
}
