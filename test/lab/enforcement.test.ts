/** The real agent in a lab's nodes: policies bite, edits cut, and two labs with equal addresses don't mix. */

import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectDrops } from '../../src/lab/probing/collect-drops.ts';
import { expectationOf } from '../../src/lab/probing/expectation.ts';
import { explainProbe } from '../../src/lab/probing/explain-probe.ts';
import { Lab } from '../../src/lab/lab.ts';
import { describeDifferences } from '../../src/lab/probing/matrix-words.ts';
import { observeMatrix } from '../../src/lab/probing/observe-matrix.ts';
import type { Cni, Fabric, HeldConnection, RawObject } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { everyProbe, failedProbes, leftoversOf, NOTHING_LEFT, podManifest } from './lab-support.ts';

const WIRES: readonly (readonly [Cni, Fabric])[] = [
  ['bridge', 'routed'],
  ['bridge', 'vxlan'],
  ['ptp', 'routed'],
  ['ptp', 'vxlan'],
];
const PODS = ['x/a', 'x/b', 'y/a', 'y/b'].map((key) => podManifest(key));

function policy(name: string, spec: RawObject): RawObject {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'x' }, spec };
}

/** Only y/a may enter namespace x, on TCP 80. */
const DOOR = policy('door', {
  podSelector: {},
  ingress: [
    {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } }, podSelector: { matchLabels: { pod: 'a' } } }],
      ports: [{ port: 80 }],
    },
  ],
});

async function differences(lab: Lab): Promise<readonly string[]> {
  return describeDifferences(await observeMatrix(lab, { expect: expectationOf(lab) }));
}

describe('a lab that enforces', needsKernel, () => {
  const labs = ['testea', 'testeb'];
  beforeEach(async () => {
    for (const lab of labs) await Lab.remove(lab);
  });
  afterEach(async () => {
    for (const lab of labs) await Lab.remove(lab);
    for (const lab of labs) expect(leftoversOf(lab)).toEqual(NOTHING_LEFT);
  });

  test.for(WIRES)('does what policies say over %s and %s, as they come and go', async ([cni, fabric]) => {
    const lab = await Lab.up({ name: 'testea', objects: PODS, cni, fabric });
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
    await lab.apply([DOOR]);
    expect(await differences(lab)).toEqual([]);
    const [denied, allowed] = await lab.probe(['y/b', 'y/a'].map((from) => ({ from, to: 'x/b', protocol: 'TCP' as const, port: 80 })));
    expect([denied?.outcome, allowed?.outcome]).toEqual(['timeout', 'open']);
    await lab.delete([DOOR]);
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
  });

  test('keeps two labs apart that have the same pods at the same addresses', async () => {
    const [one, two] = await Promise.all(labs.map((name) => Lab.up({ name, objects: PODS })));
    await one?.apply([DOOR]);
    expect(await differences(one as Lab)).toEqual([]);
    expect(await failedProbes(two as Lab, everyProbe(two as Lab))).toEqual([]);
    await one?.down();
    await two?.apply([DOOR]);
    expect(await differences(two as Lab)).toEqual([]);
  });

  test('holds new pods to the policies that select them, and forgets the old ones', async () => {
    const lab = await Lab.up({ name: 'testea', objects: [...PODS, DOOR] });
    await lab.apply([podManifest('x/new'), podManifest('y/new', { labels: { pod: 'a' } })]);
    expect(await differences(lab)).toEqual([]);
    await lab.apply([podManifest('y/a', { labels: { pod: 'changed' } })]);
    await lab.delete([podManifest('y/new')]);
    await lab.apply([podManifest('y/other')]);
    expect(await differences(lab)).toEqual([]);
  });

  test('tells what it dropped and why, and cuts an open connection that an edit denies', async () => {
    const lab = await Lab.up({ name: 'testea', objects: [...PODS, DOOR] });
    const attack = { from: 'y/b', to: 'x/a', protocol: 'TCP', port: 80 } as const;
    const { drops } = await collectDrops(lab, () => lab.probe([attack]), [attack]);
    expect(drops[0]).toMatchObject({ pod: 'x/a', peer: 'y/b', direction: 'ingress', policies: ['x/door'] });
    expect(explainProbe(lab, attack)).toMatchObject({ allowed: false });

    const cut = await lab.hold({ from: 'y/a', to: 'x/a', port: 80, family: 6 });
    const kept = await lab.hold({ from: 'y/a', to: 'y/b', port: 80 });
    await lab.apply([policy('door', { podSelector: {} })]);
    const find = async (id: number): Promise<HeldConnection | undefined> => (await lab.held('y/a')).find((held) => held.id === id);
    const echoes = (await find(kept))?.echoes ?? 0;
    while (((await find(cut))?.silentMs ?? 0) < 700) await sleep(50);
    // Both spoke ten times a second meanwhile.
    expect((await find(kept))?.echoes).toBeGreaterThan(echoes);
    expect(await find(cut)).toMatchObject({ alive: true });
  });
});
