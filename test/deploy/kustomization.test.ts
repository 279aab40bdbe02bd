/** The kustomizations name files that are there, and say the same as the files that they stand for. */

import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type DaemonSet, findObject, type KubeObject, type PodSpec, readObjects, readText, ROOT } from './read-manifests.ts';

interface Kustomization {
  readonly kind: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly images?: readonly { readonly name: string }[];
  readonly patches?: readonly { readonly target: { readonly kind: string; readonly name: string }; readonly patch: string }[];
}

interface JsonPatch {
  readonly op: string;
  readonly path: string;
}

interface MergePatch {
  readonly spec: { readonly template: { readonly spec: Partial<PodSpec> } };
}

interface PodMonitor extends KubeObject {
  readonly spec: {
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly podMetricsEndpoints: readonly { readonly port: string; readonly path: string }[];
  };
}

const COMPONENTS = readdirSync(new URL('deploy/components', ROOT)).map((name) => `deploy/components/${name}`);
const FOLDERS = ['deploy', ...COMPONENTS, 'examples/kustomize'];
/** Lists that patches may add to; the agent is the first container. */
const LISTS = ['containers/0/args', 'containers/0/volumeMounts', 'volumes'].map((list) => `/spec/template/spec/${list}/-`);
const daemonSet = findObject<DaemonSet>(readObjects('deploy/postern.yaml'), 'DaemonSet');
const [agent] = daemonSet.spec.template.spec.containers;

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

  it('patches what is there, with what fits', () => {
    for (const { target, patch } of patches) {
      expect(target).toEqual({ kind: 'DaemonSet', name: daemonSet.metadata.name });
      const changes = parse(patch) as readonly JsonPatch[] | MergePatch;
      if (isList(changes)) {
        for (const { op, path } of changes) expect([op, LISTS.includes(path)]).toEqual(['add', true]);
        continue;
      }
      const { containers = [], initContainers = [] } = changes.spec.template.spec;
      for (const { name } of containers) expect(name).toBe(agent?.name);
      for (const { image, securityContext } of initContainers) {
        expect(image).toBe(agent?.image);
        expect(securityContext).toMatchObject({ privileged: false, capabilities: { drop: ['ALL'] } });
        expect(securityContext.capabilities.add).toBeUndefined();
      }
    }
    for (const { name } of images) expect(`${name}:`).toBe(/^.*:/.exec(agent?.image ?? '')?.[0]);
  });
});

function isList<T>(value: readonly T[] | object): value is readonly T[] {
  return Array.isArray(value);
}

describe('the component for Prometheus', () => {
  const folder = 'deploy/components/prometheus';

  it('scrapes the port of the agents, found by their label', () => {
    const { metadata, spec } = findObject<PodMonitor>(readObjects(`${folder}/pod-monitor.yaml`), 'PodMonitor');
    expect(metadata.namespace).toBe(daemonSet.metadata.namespace);
    expect(spec.selector.matchLabels).toEqual(daemonSet.spec.selector.matchLabels);
    const [endpoint] = spec.podMetricsEndpoints;
    expect(endpoint?.path).toBe('/metrics');
    expect(agent?.ports?.map(({ name }) => name)).toContain(endpoint?.port);
  });

  it('has the alerts of deploy/prometheus', () => {
    const rule = findObject<KubeObject & { spec: unknown }>(readObjects(`${folder}/alerts.yaml`), 'PrometheusRule');
    expect(rule.spec).toEqual(parse(readText('deploy/prometheus/alerts.yaml')));
  });
});
