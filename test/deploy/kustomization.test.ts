/** The kustomizations name files that are there, and say the same as the files that they stand for. */

import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DaemonSet, findObject, type KubeObject, readObjects, readText, ROOT } from './read-manifests.ts';

interface Kustomization {
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly images?: readonly { readonly name: string }[];
  readonly patches?: readonly { readonly target: { readonly kind: string; readonly name: string }; readonly patch: string }[];
}

interface PodMonitor extends KubeObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string }[];
  };
}

const FOLDERS = ['deploy', 'deploy/components/prometheus', 'examples/kustomize'];
const daemonSet = findObject<DaemonSet>(readObjects('deploy/postern.yaml'), 'DaemonSet');

function readKustomization(folder: string): Kustomization {
  return parse(readText(`${folder}/kustomization.yaml`)) as Kustomization;
}

describe.each(FOLDERS)('the kustomization of %s', (folder) => {
  const { resources = [], components = [], patches = [], images = [] } = readKustomization(folder);

  it('names files, and folders with kustomizations', () => {
    for (const name of [...resources, ...components]) {
      const path = name.endsWith('.yaml') ? name : `${name}/kustomization.yaml`;
      expect(existsSync(new URL(`${folder}/${path}`, ROOT)), path).toBe(true);
    }
  });

  it('patches what is there', () => {
    for (const { target, patch } of patches) {
      expect(target).toEqual({ kind: 'DaemonSet', name: daemonSet.metadata.name });
      const changes = parse(patch) as
        | readonly { op: string; path: string }[]
        | { spec: { template: { spec: DaemonSet['spec']['template']['spec'] } } };
      const container = daemonSet.spec.template.spec.containers[0];
      if (Array.isArray(changes))
        for (const { op, path } of changes) expect([op, path]).toEqual(['add', '/spec/template/spec/containers/0/args/-']);
      else expect(changes).toMatchObject({ spec: { template: { spec: { containers: [{ name: container?.name }] } } } });
    }
    for (const { name } of images) expect(`${name}:`).toBe(/^.*:/.exec(daemonSet.spec.template.spec.containers[0]?.image ?? '')?.[0]);
  });
});

describe('the component for Prometheus', () => {
  const folder = 'deploy/components/prometheus';

  it('scrapes the port of the agents, found by their label', () => {
    const { metadata, spec } = findObject<PodMonitor>(readObjects(`${folder}/pod-monitor.yaml`), 'PodMonitor');
    expect(metadata.namespace).toBe(daemonSet.metadata.namespace);
    expect(spec.selector.matchLabels).toEqual(daemonSet.spec.selector.matchLabels);
    const [endpoint] = spec.podMetricsEndpoints;
    expect(endpoint?.path).toBe('/metrics');
    expect(daemonSet.spec.template.spec.containers[0]?.ports?.map(({ name }) => name)).toContain(endpoint?.port);
  });

  it('has the alerts of deploy/prometheus', () => {
    const rule = findObject<KubeObject & { spec: unknown }>(readObjects(`${folder}/alerts.yaml`), 'PrometheusRule');
    expect(rule.spec).toEqual(parse(readText('deploy/prometheus/alerts.yaml')));
  });
});
