/** What the audit's commands print as JSON, against the schemas that are published for it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { DriftOutcome } from '../../src/agent/drift-check.ts';
import type { ExplainReport } from '../../src/audit/explain/explain-report.ts';
import { faultsOf, readSchema } from '../audit/support/json-schemas.ts';
import { AuditFolder } from './audit-folder.ts';
import { barePod, SHOP, WARNED } from './audit-manifests.ts';

const EXPOSED = `${SHOP}---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: LoadBalancer, selector: { app: web }, ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: db, namespace: shop }
spec: { type: NodePort, selector: { app: db }, ports: [{ port: 5432, nodePort: 30032 }] }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec: { rules: [{ host: www.example.com, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: front, namespace: shop, annotations: { postern.dev/ignore: 'PN002=it is meant to be open' } }
spec: { template: { metadata: { labels: { app: front } }, spec: { containers: [{ name: c, image: c, ports: [{ name: http, containerPort: 8080 }] }] } } }
`;
const ASSERTIONS = `assertions:
  - { name: it holds, allow: { from: shop/web, to: shop/db, port: 5432 } }
  - { name: it fails, allow: { from: bank/api, to: shop/db, port: 5432 } }
  - { name: it cannot be judged, deny: { from: bank/nobody, to: shop/db } }
  - { name: nobody else, to: shop/db, onlyFrom: [] }
  - { name: isolated, isolated: egress, of: shop/db }
`;

const folder = AuditFolder.use({
  'shop.yaml': SHOP,
  'exposed.yaml': EXPOSED,
  'warned.yaml': WARNED,
  'other.yaml': `${SHOP.replace('port: 5432', 'port: 5432, endPort: 5440').replace('app: web } } }, {', 'app: api } } }, {')}---\n${barePod('shop/new')}`,
  'assertions.yaml': ASSERTIONS,
  'broken.yaml': 'kind: NetworkPolicy\n: {',
});

/** Schema, what is asked, and which part of what it says must be there, lest nothing is tested. */
const OUTPUTS: readonly (readonly [string, string, readonly string[], RegExp])[] = [
  ['audit-report', 'findings', ['warned.yaml', 'exposed.yaml', 'broken.yaml', '-o', 'json'], /"ignored": \[\s*\{/],
  ['matrix-report', 'a matrix', ['matrix', 'exposed.yaml', '-o', 'json'], /"kind":"outside"/],
  ['explain-report', 'what is denied', ['explain', 'bank/api', 'shop/db:5432', 'shop.yaml', '-o', 'json'], /"wouldAllow": "api/],
  ['explain-report', 'what is allowed', ['explain', 'shop/web', 'shop/db', 'shop.yaml', '-o', 'json'], /"because": "matches"/],
  ['explain-report', 'an address', ['explain', '203.0.113.9', 'shop/db:5432', 'shop.yaml', '-o', 'json'], /"allowed": "all"/],
  ['exposure-report', 'an exposure', ['exposure', 'exposed.yaml', '-o', 'json'], /"via": "LoadBalancer/],
  ['diff-report', 'a difference', ['diff', 'shop.yaml', 'other.yaml', '-o', 'json', '--fail-on', 'never'], /"lost": \[\s*\{/],
  ['diff-report', 'no difference', ['diff', 'shop.yaml', 'shop.yaml', '-o', 'json'], /"equivalent": true/],
  ['test-report', 'assertions', ['test', 'assertions.yaml', '-i', 'shop.yaml', '-i', 'broken.yaml', '-o', 'json'], /"outcome": "error"/],
  ['check-catalogue', 'the catalogue', ['explain-check', '--json'], /"PN028"/],
  ['check-catalogue', 'one check', ['explain-check', 'PN006', '--json'], /"PN006"/],
  ['audit-snapshot', 'a snapshot', ['snapshot', 'exposed.yaml', 'warned.yaml', 'broken.yaml'], /"route":/],
];

const LIVE: ExplainReport = {
  source: 'shop/web',
  destination: 'shop/db',
  allowed: 'some',
  pairs: [
    {
      source: 'shop/Pod/web',
      destination: 'shop/Pod/db',
      port: null,
      allowed: false,
      ports: 'no port',
      sides: [
        {
          direction: 'ingress',
          of: 'shop/Pod/db',
          verdict: 'denied',
          ports: 'no port',
          rules: [],
          wouldAllow: null,
          live: {
            tried: 3,
            agreed: 1,
            ownNode: 1,
            later: 0,
            leftOut: 2,
            disagreements: [
              {
                node: 'n1',
                pod: 'shop/db',
                peer: 'shop/web',
                port: '80/TCP',
                policies: 'deny',
                kernel: 'pass',
                reason: null,
                enforcing: false,
              },
            ],
            notAsked: [{ pod: 'shop/db', why: 'its node has no agent' }],
          },
        },
      ],
    },
  ],
};

const OUTCOME: DriftOutcome = {
  compared: [{ what: 'ports', count: 3, differed: 1, repaired: 0 }],
  drifts: [{ what: 'ports', kind: 'missing', where: 'set 3', expected: 'allow', found: null, repaired: false, note: 'as asked' }],
  durationMs: 2.5,
  longestPieceMs: 1,
  checkedAt: '2026-01-02T03:04:05.678Z',
  repair: false,
};

describe('the JSON of an audit', () => {
  it.each(OUTPUTS)('is as %s.schema.json says, and no more: %s', (schema, _, args, part) => {
    const { out, err } = folder.audit(args);
    expect(out, err).toMatch(part);
    expect(faultsOf(schema, JSON.parse(out))).toEqual([]);
  });

  it('may have the word of the kernels in an explanation', () => {
    expect(faultsOf('explain-report', { version: 1, ...LIVE })).toEqual([]);
  });

  it('has of drift either what was found on a node or why it could not be asked', () => {
    const told = { node: 'n1', outcome: OUTCOME };
    const untold = { node: 'n2', problem: 'container not found' };
    expect(faultsOf('drift-report', { version: 1, nodes: [told, untold] })).toEqual([]);
    expect(faultsOf('drift-report', { version: 1, nodes: [{ ...told, ...untold }] })).not.toEqual([]);
    expect(faultsOf('drift-report', { version: 1, nodes: [{ node: 'n3' }] })).not.toEqual([]);
  });

  it.each([
    ['explain-report', { ...LIVE }],
    ['explain-report', { version: 2, ...LIVE }],
    ['explain-report', { version: 1, ...LIVE, allowed: 'maybe' }],
    ['explain-report', { version: 1, ...LIVE, more: 1 }],
    ['exposure-report', { version: 1, input: 'a', workloads: [{}], incomplete: [] }],
    ['diff-report', { version: 1, before: 'a', after: 'b', equivalent: true, changes: [], toCome: [], added: [], incomplete: [] }],
    ['test-report', { version: 1, tool: { name: 'other', version: '1' } }],
    ['check-catalogue', { version: 1, checks: [] }],
    [
      'audit-snapshot',
      { apiVersion: 'postern.dev/v2', kind: 'AuditSnapshot', name: 'a', whole: true, missing: [], problems: [], items: [] },
    ],
    [
      'audit-snapshot',
      { apiVersion: 'postern.dev/v1', kind: 'AuditSnapshot', name: 'a', whole: true, missing: [], problems: [], items: [{ at: {} }] },
    ],
  ])('of another form is refused by %s.schema.json: %j', (schema, document) => {
    expect(faultsOf(schema, document)).not.toEqual([]);
  });
});

type Defs = Readonly<Record<string, { readonly properties?: Readonly<Record<string, unknown>> }>>;

describe('the schemas', () => {
  const names = readdirSync(fileURLToPath(new URL('../../schemas/', import.meta.url))).map((file) => file.replace(/\.schema\.json$/, ''));

  it.each(names)('%s is known to the documentation', (name) => {
    const docs = ['audit.md', 'audit-input.md', 'audit-output.md'].map((file) =>
      readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8'),
    );
    expect(docs.join()).toContain(`schemas/${name}.schema.json`);
  });

  const defsOf = (name: string): Defs => readSchema(name)['$defs'] as unknown as Defs;

  it('say the same of a pair wherever one is explained', () => {
    const [explained, tested] = [defsOf('explain-report'), defsOf('test-report')];
    expect([tested['pair'], tested['rule']]).toEqual([explained['pair'], explained['rule']]);
    const { live: _live, ...properties } = explained['side']?.properties ?? {};
    expect(tested['side']?.properties).toEqual(properties);
  });

  it('say the same of ports wherever there are some', () => {
    expect(defsOf('diff-report')['ports']).toEqual(defsOf('matrix-report')['ports']);
  });

  it('come with the package', () => {
    const { files } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { files: readonly string[] };
    expect(files).toContain('schemas');
    expect(existsSync(new URL('../../schemas/explain-report.schema.json', import.meta.url))).toBe(true);
  });
});
