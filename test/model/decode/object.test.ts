/** Which decoder reads what, and that no JSON surprises one. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeObject } from '../../../src/model/decode/object.ts';
import { PosternError } from '../../../src/model/error.ts';
import { decode, failureOf } from './builders.ts';

describe('apiVersion and kind', () => {
  it.each([
    ['another kind', 'apps/v1', 'Deployment'],
    ['a custom kind', 'example.com/v1', 'Thing'],
    ["another project's Service", 'serving.knative.dev/v1', 'Service'],
    ["another project's NetworkPolicy", 'projectcalico.org/v3', 'NetworkPolicy'],
  ])('%s is passed over', (_what, apiVersion, kind) => {
    expect(decode(apiVersion, kind, {})).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ['an old version', { apiVersion: 'extensions/v1beta1', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['a version to come', { apiVersion: 'networking.k8s.io/v2', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    [
      'another group of Kubernetes',
      { apiVersion: 'policy.networking.k8s.io/v1', kind: 'NetworkPolicy' },
      'E_OBJECT_VERSION',
      'networking.k8s.io/v1',
    ],
    ['a NetworkPolicy as v1', { apiVersion: 'v1', kind: 'NetworkPolicy' }, 'E_OBJECT_VERSION', 'networking.k8s.io/v1'],
    ['a Pod without a version', { kind: 'Pod' }, 'E_OBJECT_VERSION', 'apiVersion: v1'],
    ['a Pod with a version that is a number', { apiVersion: 1, kind: 'Pod' }, 'E_OBJECT_VERSION', 'apiVersion: v1'],
    [
      'a known kind in other letters',
      { apiVersion: 'networking.k8s.io/v1', kind: 'Networkpolicy' },
      'E_OBJECT_KIND',
      'write NetworkPolicy',
    ],
    ['no kind', { apiVersion: 'v1' }, 'E_OBJECT_KIND', 'kind'],
    ['a kind that is a number', { apiVersion: 'v1', kind: 1 }, 'E_OBJECT_KIND', 'kind'],
    ['a list', [], 'E_OBJECT_KIND', 'kind'],
    ['a text', 'Pod', 'E_OBJECT_KIND', 'kind'],
    ['nothing', null, 'E_OBJECT_KIND', 'kind'],
  ])('%s is an error', (_what, value, code, mend) => {
    const failure = failureOf(() => decodeObject(value));
    expect(failure.code).toBe(code);
    expect(failure.mend).toContain(mend);
  });
});

it('No JSON makes a decoder throw anything but its own error', () => {
  const keys = [
    ...['metadata', 'spec', 'status', 'name', 'labels', 'containers', 'initContainers', 'ports', 'containerPort', 'protocol'],
    ...['podIPs', 'podIP', 'ip', 'addresses', 'type', 'endpoints', 'conditions', 'restartPolicy', '__proto__', 'constructor'],
  ];
  const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      tie('leaf'),
      fc.dictionary(fc.constantFrom(...keys), tie('tree')),
      fc.array(tie('tree'), { maxLength: 3 }),
    ),
    leaf: fc.oneof(fc.constantFrom<unknown>(null, true, 0, 80, 'web', '10.0.0.1', 'Always', 'TCP', ''), fc.string(), fc.double()),
  }));
  const kinds = fc.constantFrom(
    ...[
      ['v1', 'Pod'],
      ['v1', 'Namespace'],
      ['v1', 'Node'],
      ['v1', 'Service'],
    ],
    ...[
      ['networking.k8s.io/v1', 'NetworkPolicy'],
      ['discovery.k8s.io/v1', 'EndpointSlice'],
    ],
  );
  fc.assert(
    fc.property(kinds, fc.dictionary(fc.constantFrom(...keys), tree), ([apiVersion, kind], parts) => {
      try {
        decodeObject({ metadata: { name: 'web' }, ...parts, apiVersion, kind });
      } catch (error) {
        expect(error).toBeInstanceOf(PosternError);
        expect((error as PosternError).at.field).toBeTruthy();
      }
    }),
    { numRuns: 1000 },
  );
});
