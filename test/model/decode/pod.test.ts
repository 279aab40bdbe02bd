/** Every rule of a Pod's decoder, one row each. */

import { describe, expect, it } from 'vitest';
import { decodePod } from '../../../src/model/decode/pod.ts';
import { formatAddress } from '../../../src/model/ip.ts';
import { failureOf, pod, portsOf } from './builders.ts';
import type { Json } from './builders.ts';

describe('a Pod', () => {
  it.each<[string, Json, Json]>([
    ['has no node while it is not scheduled', {}, { nodeName: undefined }],
    ['has no node where Go writes an empty text', { spec: { nodeName: '' } }, { nodeName: undefined }],
    ['names its node', { spec: { nodeName: 'n1' } }, { nodeName: 'n1' }],
    ['has its own network unless it says otherwise', { spec: {} }, { hostNetwork: false }],
    ["may have its node's network", { spec: { hostNetwork: true } }, { hostNetwork: true }],
    ['without addresses is pending', {}, { phase: 'Pending' }],
    ['with addresses is running', { status: { podIP: '10.0.0.1' } }, { phase: 'Running' }],
    ['keeps the phase that it states', { status: { podIP: '10.0.0.1', phase: 'Succeeded' } }, { phase: 'Succeeded' }],
    ['has not started until the kubelet saw it', {}, { startedAt: undefined }],
    ['has a start time', { status: { startTime: '1970-01-01T00:00:01Z' } }, { startedAt: 1000 }],
    ['has a start time in any zone', { status: { startTime: '1970-01-01T01:00:00.5+01:00' } }, { startedAt: 500 }],
    ['with nothing but nulls is as one with nothing', { spec: null, status: null }, { ports: [], addresses: [], phase: 'Pending' }],
    [
      'with null lists has none',
      { spec: { containers: null, initContainers: null }, status: { podIPs: null } },
      { ports: [], addresses: [] },
    ],
    ['may have fields that nobody reads', { spec: { whatever: [1] }, extra: {} }, { ports: [] }],
  ])('%s', (_rule, parts, expected) => {
    const read: Json = { ...pod(parts) };
    for (const [key, value] of Object.entries(expected)) expect(read[key]).toEqual(value);
  });

  it.each<[string, Json, readonly string[]]>([
    ['all of podIPs', { podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }, { ip: 'fd00::1' }] }, ['10.0.0.1', 'fd00::1']],
    ['podIP alone', { podIP: '10.0.0.1' }, ['10.0.0.1']],
    ['podIP where podIPs is empty', { podIP: '10.0.0.1', podIPs: [] }, ['10.0.0.1']],
    ['podIP where podIPs has only empty texts', { podIP: '10.0.0.1', podIPs: [{ ip: '' }, {}] }, ['10.0.0.1']],
    ['no address twice', { podIPs: [{ ip: 'fd00::1' }, { ip: 'FD00:0::1' }] }, ['fd00::1']],
    ['none from an empty podIP', { podIP: '' }, []],
  ])('has as addresses %s', (_rule, status, addresses) => {
    expect(pod({ status }).addresses.map(formatAddress)).toEqual(addresses);
  });

  it('has ports of containers first, then of native sidecars, each in order', () => {
    const spec = {
      initContainers: [
        { name: 'once', ports: [{ containerPort: 1 }] },
        { name: 'sidecar', restartPolicy: 'Always', ports: [{ name: 'metrics', containerPort: 9090 }] },
        { name: 'never', restartPolicy: 'Never', ports: [{ containerPort: 2 }] },
      ],
      containers: [
        {
          name: 'a',
          ports: [
            { name: 'http', containerPort: 8080, protocol: 'TCP' },
            { name: 'dns', containerPort: 53, protocol: 'UDP' },
          ],
        },
        { name: 'b' },
        {
          name: 'c',
          ports: [
            { name: 'http', containerPort: 8081, hostPort: 80 },
            { containerPort: 132, protocol: 'SCTP' },
          ],
        },
      ],
    };
    expect(pod({ spec }).ports).toEqual([
      { name: 'http', protocol: 'TCP', port: 8080 },
      { name: 'dns', protocol: 'UDP', port: 53 },
      { name: 'http', protocol: 'TCP', port: 8081, hostPort: 80 },
      { protocol: 'SCTP', port: 132 },
      { name: 'metrics', protocol: 'TCP', port: 9090 },
    ]);
  });

  it.each<[string, Json, string]>([
    ['a spec that is a list', { spec: [] }, 'spec'],
    ['a node name that is a number', { spec: { nodeName: 1 } }, 'spec.nodeName'],
    ['hostNetwork in quotes', { spec: { hostNetwork: 'true' } }, 'spec.hostNetwork'],
    ['containers that are an object', { spec: { containers: {} } }, 'spec.containers'],
    ['a container that is a text', { spec: { containers: ['web'] } }, 'spec.containers[0]'],
    ['a null container', { spec: { containers: [null] } }, 'spec.containers[0]'],
    ['a port in quotes', { spec: portsOf({ containerPort: 80 }, { containerPort: '80' }) }, 'spec.containers[0].ports[1].containerPort'],
    ['a port without a number', { spec: portsOf({ name: 'http' }) }, 'spec.containers[0].ports[0].containerPort'],
    ['port 0', { spec: portsOf({ containerPort: 0 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['a port over 65535', { spec: portsOf({ containerPort: 65536 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['half a port', { spec: portsOf({ containerPort: 80.5 }) }, 'spec.containers[0].ports[0].containerPort'],
    ['an unknown protocol', { spec: portsOf({ containerPort: 80, protocol: 'HTTP' }) }, 'spec.containers[0].ports[0].protocol'],
    ['a protocol in small letters', { spec: portsOf({ containerPort: 80, protocol: 'tcp' }) }, 'spec.containers[0].ports[0].protocol'],
    ['a port name that is a number', { spec: portsOf({ containerPort: 80, name: 80 }) }, 'spec.containers[0].ports[0].name'],
    [
      'a bad port of a sidecar',
      { spec: { initContainers: [{}, { restartPolicy: 'Always', ports: [{ containerPort: -1 }] }] } },
      'spec.initContainers[1].ports[0].containerPort',
    ],
    ['an unknown phase', { status: { phase: 'running' } }, 'status.phase'],
    ['a start time that is none', { status: { startTime: 'today' } }, 'status.startTime'],
    ['a bad address', { status: { podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.256' }] } }, 'status.podIPs[1].ip'],
    ['a bad single address', { status: { podIP: '10.0.0' } }, 'status.podIP'],
    ['addresses as texts', { status: { podIPs: ['10.0.0.1'] } }, 'status.podIPs[0]'],
  ])('with %s is an error', (_what, parts, field) => {
    const failure = failureOf(() => pod(parts));
    expect(failure).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Pod shop/web', field } });
    expect(failure.mend).toBeTruthy();
  });

  it('is read without apiVersion and kind, as the items of an API list come', () => {
    expect(decodePod({ metadata: { name: 'web', namespace: 'shop' } })).toMatchObject({ kind: 'Pod', name: 'web' });
    expect(failureOf(() => decodePod(7))).toMatchObject({ code: 'E_OBJECT_FIELD', at: { object: 'Pod' } });
  });
});
