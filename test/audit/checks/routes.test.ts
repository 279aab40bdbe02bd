/** Routes whose controllers cannot reach their backends: where that is said, and what would mend it. */

import { describe, expect, test } from 'vitest';
import { ROUTES } from '../../../src/audit/checks/routes.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { runChecks } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const SHOP = `apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { containers: [{ name: web, image: example/web, ports: [{ containerPort: 8080 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: controller, namespace: ingress-nginx, labels: { app.kubernetes.io/name: ingress-nginx } }
spec: { containers: [{ name: controller, image: example/controller }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
    - http:
        paths:
          - path: /
            backend:
              service: { name: web, port: { number: 80 } }`;
/** Of the name of the Service, from the text's first line. */
const LINE = SHOP.split('\n').length;

const CLOSED = policyYaml('podSelector: { matchLabels: { app: web } }\ningress: []');
const SILENT = policyYaml('podSelector: {}\npolicyTypes: [Egress]').replace('namespace: shop', 'namespace: ingress-nginx');
const OPEN_IN = policyYaml(
  'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }], ports: [{ port: 8080 }] }]',
).replace('name: web,', 'name: in,');
const OPEN_OUT = policyYaml(
  'podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop } } }], ports: [{ port: 8080 }] }]',
).replace('name: web, namespace: shop', 'name: out, namespace: ingress-nginx');

async function find(...policies: readonly string[]) {
  const { findings } = runChecks(await readText(SHOP, ...policies), { catalogue: ROUTES });
  return findings;
}

describe('a blocked route', () => {
  test('is told at the line of its backend', async () => {
    const [finding] = await find(CLOSED);
    expect(finding?.at).toMatchObject({ line: LINE, field: 'spec.rules[0].http.paths[0].backend.service', object: 'Ingress shop/web' });
  });

  test.each([
    ['the backend’s ingress', [CLOSED], [OPEN_IN], /^allow ingress to the backend [^,]*, on the pod’s port$/, ['isolates the backend']],
    ['the controller’s egress', [SILENT], [OPEN_OUT], /^allow egress from the controller’s pods/, ['isolates the controller']],
    [
      'both sides',
      [CLOSED, SILENT],
      [OPEN_IN, OPEN_OUT],
      /^allow ingress .*, and allow egress /,
      ['isolates the backend', 'isolates the controller'],
    ],
  ])('is mended at %s', async (_where, denying, allowing, mend, related) => {
    const [finding] = await find(...denying);
    expect(finding?.mend).toMatch(mend);
    expect(finding?.related.map(({ message }) => message)).toEqual(related);
    expect(await find(...denying, ...allowing)).toEqual([]);
  });
});
