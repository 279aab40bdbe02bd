/** What the tests of Services share: Services as manifests, and who answered whom. */

import type { Lab } from '../../src/lab/lab.ts';
import type { Family, ProbeResult, RawObject, ServiceProbe, ServiceTarget } from '../../src/lab/types.ts';

/** `key`: `namespace/name`. Port 8080 over TCP and UDP to the pods' port 80, unless the spec says otherwise. */
export function serviceManifest(key: string, spec: RawObject = {}, status?: RawObject): RawObject {
  const [namespace, name] = key.split('/');
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace, name },
    spec: {
      ports: [
        { name: 'web', port: 8080, targetPort: 80 },
        { name: 'dns', port: 8080, targetPort: 80, protocol: 'UDP' },
      ],
      ...spec,
    },
    ...(status === undefined ? {} : { status }),
  };
}

/** Probes from one pod to one Service, on port 8080 over TCP unless told otherwise. */
export function toService(
  from: string,
  target: Omit<ServiceTarget, 'port'> & { readonly port?: number | string },
  options: { readonly protocol?: 'TCP' | 'UDP'; readonly family?: Family; readonly times?: number } = {},
): readonly ServiceProbe[] {
  const { protocol = 'TCP', family = 4, times = 1 } = options;
  return Array.from({ length: times }, () => ({ from, to: { port: 8080, ...target }, protocol, family, timeoutMs: 600 }));
}

/** Over TCP and UDP and both families. */
export function everyWay(from: string, target: Omit<ServiceTarget, 'port'>, times = 1): readonly ServiceProbe[] {
  return (['TCP', 'UDP'] as const).flatMap((protocol) =>
    ([4, 6] as const).flatMap((family) => toService(from, target, { protocol, family, times })),
  );
}

/** Who answered, or the outcome where nobody did; each once, in alphabetical order. */
export async function answersOf(lab: Lab, probes: readonly ServiceProbe[]): Promise<readonly string[]> {
  return answersIn(await lab.probe(probes));
}

export function answersIn(results: readonly ProbeResult[]): readonly string[] {
  return [...new Set(results.map((result) => result.answeredBy ?? result.outcome))].toSorted();
}

/** The addresses that the servers saw; each once, in alphabetical order. */
export async function clientsSeen(lab: Lab, probes: readonly ServiceProbe[]): Promise<readonly string[]> {
  const results = await lab.probe(probes);
  return [...new Set(results.map((result) => result.seenFrom ?? result.outcome))].toSorted();
}
