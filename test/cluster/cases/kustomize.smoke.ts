/** kubectl makes of the kustomizations what they say. */

import { describe, expect, inject, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type DaemonSet, findObject, type KubeObject, readObjects } from '../../deploy/read-manifests.ts';
import { Cluster } from '../harness/cluster.ts';

const cluster = Cluster.open(inject('clusterName'));

async function build(folder: string): Promise<readonly KubeObject[]> {
  return parseAllDocuments(await cluster.kubectl(['kustomize', folder])).map((document) => document.toJS() as KubeObject);
}

const byName = (a: KubeObject, b: KubeObject): number => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`);

describe('kubectl', () => {
  it('makes of the base what the manifest says', async () => {
    expect((await build('deploy')).toSorted(byName)).toEqual(readObjects('deploy/postern.yaml').toSorted(byName));
  });

  it('finds nothing to change where the manifest was applied', async () => {
    const { code, stdout } = await cluster.tryKubectl(['diff', '-k', 'deploy']);
    expect([code, stdout]).toEqual([0, '']);
  });

  it('makes of the example its image, flags and resources, a PodMonitor and alerts', async () => {
    const objects = await build('examples/kustomize');
    const { spec } = findObject<DaemonSet>(objects, 'DaemonSet');
    const plain = findObject<DaemonSet>(readObjects('deploy/postern.yaml'), 'DaemonSet').spec;
    const [agent] = spec.template.spec.containers;
    const [before] = plain.template.spec.containers;
    expect(agent).toEqual({
      ...before,
      image: 'images.example/platform/postern:0.1.0',
      args: [...(before?.args ?? []), '--exclude-namespace=kube-system', '--listen=[::]:9470'],
      resources: { requests: { cpu: '50m', memory: '150Mi' }, limits: { memory: '500Mi' } },
    });
    expect(spec.updateStrategy?.rollingUpdate.maxUnavailable).toBe('10%');
    expect(objects.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['PodMonitor', 'PrometheusRule']));
  });
});
