/** Policies and Services together in a lab that enforces: judged by the backend that is chosen, and by the true client. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import { OUTSIDE_ANNOTATION } from '../../src/lab/objects/raw-object.ts';
import type { RawObject } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { podManifest } from './lab-support.ts';
import { answersOf, everyWay, serviceManifest } from './service-support.ts';

const NAME = 'testsvcenforce';

function policy(name: string, spec: RawObject): RawObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'x' }, spec };
}

const CLIENT = { podSelector: { matchLabels: { pod: 'client' } }, policyTypes: ['Egress'] };

describe.for(['bridge', 'ptp'] as const)('a lab over %s that enforces', needsKernel, (cni) => {
  let lab: Lab;
  beforeAll(async () => {
    await Lab.remove(NAME);
    const objects = [
      podManifest('x/a', { labels: { app: 'both' }, spec: { nodeName: 'node-1' } }),
      podManifest('x/b', { labels: { app: 'both' }, spec: { nodeName: 'node-2' } }),
      podManifest('x/client', { spec: { nodeName: 'node-1' } }),
      podManifest('out/friend', { annotations: { [OUTSIDE_ANNOTATION]: '10' } }),
      podManifest('out/foe', { annotations: { [OUTSIDE_ANNOTATION]: '66' } }),
      serviceManifest('x/both', { selector: { app: 'both' }, type: 'NodePort' }),
      serviceManifest('x/a', { selector: { pod: 'a' }, type: 'NodePort' }),
    ];
    lab = await Lab.up({ name: NAME, objects, cni });
  });
  afterAll(async () => {
    await Lab.remove(NAME);
  });

  test('lets a client reach the backends that its egress allows, and no others', async () => {
    await lab.apply([
      policy('egress', { ...CLIENT, egress: [{ to: [{ podSelector: { matchLabels: { pod: 'a' } } }], ports: [{ port: 80 }] }] }),
    ]);
    const overTcp = everyWay('x/client', { service: 'x/both' }, 20).filter(({ protocol }) => protocol === 'TCP');
    const overUdp = everyWay('x/client', { service: 'x/both' }, 5).filter(({ protocol }) => protocol === 'UDP');
    expect(await answersOf(lab, overTcp)).toEqual(['timeout', 'x/a']);
    expect(await answersOf(lab, overUdp)).toEqual(['timeout']);
    await lab.apply([policy('egress', { ...CLIENT, egress: [] })]);
    expect(await answersOf(lab, everyWay('x/client', { service: 'x/both' }, 5))).toEqual(['timeout']);
    await lab.delete([policy('egress', {})]);
    expect(await answersOf(lab, everyWay('x/client', { service: 'x/both' }, 20))).toEqual(['x/a', 'x/b']);
  });

  test("knows a masqueraded client at its backend's own node", async () => {
    const blocks = ['198.51.100.10/32', '2001:db8:100::10/128'].map((cidr) => ({ ipBlock: { cidr } }));
    await lab.apply([policy('ingress', { podSelector: { matchLabels: { pod: 'a' } }, ingress: [{ from: blocks }] })]);
    const here = { service: 'x/a', via: 'nodePort', node: 'node-1' } as const;
    expect(await answersOf(lab, everyWay('out/friend', here, 3))).toEqual(['x/a']);
    expect(await answersOf(lab, everyWay('out/foe', here, 3))).toEqual(['timeout']);
    await lab.delete([policy('ingress', {})]);
    expect(await answersOf(lab, everyWay('out/foe', here, 3))).toEqual(['x/a']);
  });
});
