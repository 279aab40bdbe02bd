/** A lab as its users meet it: up, probes over every kind of wire, down. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Lab } from '../../src/lab/lab.ts';
import type { Cni, Fabric, ProbeRequest } from '../../src/lab/types.ts';
import { needsKernel } from '../support/requires.ts';
import { everyProbe, failedProbes, leftoversOf, machineInterfaces, NOTHING_LEFT, podManifest } from './lab-support.ts';

const WIRES: readonly (readonly [Cni, Fabric])[] = [
  ['bridge', 'routed'],
  ['bridge', 'vxlan'],
  ['ptp', 'routed'],
  ['ptp', 'vxlan'],
];

describe('a lab', needsKernel, () => {
  const labs = ['testa', 'testb'];
  beforeEach(async () => {
    for (const lab of labs) await Lab.remove(lab);
  });
  afterEach(async () => {
    for (const lab of labs) await Lab.remove(lab);
  });

  test.for(WIRES)('joins pods over %s and %s in both families, and leaves nothing', async ([cni, fabric]) => {
    const interfaces = machineInterfaces();
    const objects = ['x/a', 'x/b', 'y/a', 'y/b'].map((key) => podManifest(key));
    const lab = await Lab.up({ name: 'testa', objects, cni, fabric, enforce: false });
    expect(lab.pods().map((pod) => pod.node)).toEqual(['node-1', 'node-2', 'node-1', 'node-2']);
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
    expect(machineInterfaces()).toEqual(interfaces);
    await lab.down();
    expect(leftoversOf('testa')).toEqual(NOTHING_LEFT);
  });

  test('stands beside another one that has the same addresses and the same pods', async () => {
    const objects = [podManifest('x/a'), podManifest('x/b')];
    const [one, two] = await Promise.all(labs.map((name) => Lab.up({ name, objects, enforce: false })));
    expect(one?.podAddress('x/a', 4)).toBe(two?.podAddress('x/a', 4));
    expect(await failedProbes(one as Lab, everyProbe(one as Lab))).toEqual([]);
    await one?.down();
    expect(await failedProbes(two as Lab, everyProbe(two as Lab))).toEqual([]);
  });

  test('tells a closed port from silence, and says that it cannot judge SCTP', async () => {
    const lab = await Lab.up({ name: 'testa', objects: [podManifest('x/a'), podManifest('x/b')], enforce: false });
    const to = { from: 'x/a', to: 'x/b' };
    const results = await lab.probe([
      { ...to, protocol: 'TCP', port: 81 },
      { ...to, protocol: 'UDP', port: 81 },
      { ...to, protocol: 'SCTP', port: 80 },
      { from: 'x/a', to: '198.51.100.1', protocol: 'TCP', port: 80 },
      { from: 'x/a', to: lab.podAddress('x/b', 6), protocol: 'UDP', port: 80 },
    ]);
    expect(results.map((result) => result.outcome)).toEqual(['refused', 'refused', 'unsupported', 'timeout', 'open']);
  });

  test('has hundreds of probes under way at once', async () => {
    const lab = await Lab.up({ name: 'testa', objects: [podManifest('x/a'), podManifest('x/b')], enforce: false });
    const silent = Array.from({ length: 200 }, (_, index) => ({
      from: 'x/a',
      to: `198.51.100.${index + 1}`,
      protocol: 'TCP' as const,
      port: 80,
    }));
    const started = performance.now();
    const results = await lab.probe(silent);
    expect(new Set(results.map((result) => result.outcome))).toEqual(new Set(['timeout']));
    expect(performance.now() - started).toBeLessThan((200 * 300) / 10);
  });

  test('answers ten thousand probes in a few seconds, and says whom each server saw', async () => {
    const lab = await Lab.up({ name: 'testa', objects: [podManifest('x/a'), podManifest('x/b')], enforce: false });
    const probes = Array.from({ length: 5000 }, () => everyProbe(lab))
      .flat()
      .slice(0, 10_000);
    const started = performance.now();
    const results = await lab.probe(probes);
    expect(performance.now() - started).toBeLessThan(20_000);
    const wrong = results.filter(({ outcome, answeredBy, seenFrom }, index) => {
      const { from, to, family = 4 } = probes[index] as ProbeRequest;
      return outcome !== 'open' || answeredBy !== to || seenFrom !== lab.podAddress(from, family);
    });
    expect(wrong).toEqual([]);
  });

  test("puts pods where their manifests say, with the names and labels of the manifests' nodes", async () => {
    const objects = [
      { apiVersion: 'v1', kind: 'Node', metadata: { name: 'worker', labels: { zone: 'a' } } },
      podManifest('x/a', { spec: { nodeName: 'other' } }),
      podManifest('x/b', { spec: { nodeName: 'worker' } }),
      podManifest('x/host', { spec: { nodeName: 'worker', hostNetwork: true }, ports: [{ protocol: 'TCP', port: 8080 }] }),
      podManifest('far/away', { annotations: { 'lab.postern.dev/outside-host': '66' } }),
    ];
    const lab = await Lab.up({ name: 'testa', objects, enforce: false });
    expect(lab.nodes().map((node) => node.name)).toEqual(['worker', 'other']);
    expect(lab.podAddress('x/host', 4)).toBe('10.89.0.11');
    expect(lab.podAddress('far/away', 6)).toBe('2001:db8:100::66');
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
    const worker = lab.objects().find((object) => object['kind'] === 'Node');
    expect(worker).toMatchObject({ metadata: { labels: { zone: 'a' } }, spec: { podCIDRs: ['10.244.1.0/24', 'fd00:10:244:1::/64'] } });
    const seen = lab.objects().filter((object) => object['kind'] === 'Pod');
    expect(seen).toHaveLength(3);
    expect(seen[0]).toMatchObject({ status: { phase: 'Running', podIPs: [{ ip: '10.244.2.2' }, { ip: 'fd00:10:244:2::2' }] } });
  });

  test('keeps two pods apart whose names read alike', async () => {
    const lab = await Lab.up({
      name: 'testa',
      objects: [podManifest('a-b/c'), podManifest('a/b-c'), podManifest('node/1')],
      enforce: false,
    });
    expect(new Set(lab.pods().map((pod) => pod.netns)).size).toBe(3);
    expect(await failedProbes(lab, everyProbe(lab))).toEqual([]);
  });

  test('is refused a second time, and with a name that could hide another lab', async () => {
    await Lab.up({ name: 'testa', objects: [], nodes: 1, enforce: false });
    await expect(Lab.up({ name: 'testa', objects: [], enforce: false })).rejects.toMatchObject({ code: 'E_LAB_EXISTS' });
    await expect(Lab.up({ name: 'test-a', objects: [], enforce: false })).rejects.toMatchObject({ code: 'E_LAB_NAME' });
    await expect(Lab.open('testb')).rejects.toMatchObject({ code: 'E_LAB_NONE' });
  });
});
