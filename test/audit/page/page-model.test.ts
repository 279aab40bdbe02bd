/** What the filters of the page leave of a matrix. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullName } from '../../../src/audit/matrix/matrix-view.ts';
import { ALL, BLANK, makeModel, NONE, SOME, type PageModel } from '../../../src/audit/page/browser/page-model.ts';
import { FIRST_STATE, type ViewState } from '../../../src/audit/page/browser/view-state.ts';
import { makeCluster } from '../matrix/cluster-matrix.ts';
import { makeReport } from '../matrix/matrix-builder.ts';
import { makeShop } from '../matrix/shop-matrix.ts';

const shop = makeShop();
const modelOf = (filters: Partial<ViewState> = {}): PageModel => makeModel(shop, { ...FIRST_STATE, ...filters });

function stateOf(model: PageModel, source: string, destination: string): number | undefined {
  const from = model.rows.peers.find((peer) => fullName(peer) === source);
  const to = model.columns.peers.find((peer) => fullName(peer) === destination);
  return from === undefined || to === undefined ? undefined : model.stateOf(from, to);
}

describe('a model of the page', () => {
  it('has a number for each crossing', () => {
    const model = modelOf();
    expect(stateOf(model, 'legacy/Pod/batch', 'internet')).toBe(ALL);
    expect(stateOf(model, 'shop/Deployment/web', 'shop/Deployment/api')).toBe(SOME);
    expect(stateOf(model, 'shop/Deployment/api', 'shop/Deployment/web')).toBe(NONE);
    expect(stateOf(model, 'internet', 'internet')).toBe(BLANK);
  });

  it('counts the pairs that are left', () => {
    expect(modelOf().counts).toEqual({ allowed: 21, denied: 27 });
    expect(modelOf({ show: 'denied' }).counts).toEqual({ allowed: 0, denied: 27 });
    expect(modelOf({ from: 'db' }).counts).toEqual({ allowed: 0, denied: 7 });
  });

  it('groups rows and columns by namespace', () => {
    expect(modelOf().rows.groups).toEqual([
      { namespace: 'legacy', start: 0, size: 1 },
      { namespace: 'monitoring', start: 1, size: 2 },
      { namespace: 'shop', start: 3, size: 3 },
      { namespace: '', start: 6, size: 1 },
    ]);
  });

  it('asks about one port alone: what is open for it is wholly open', () => {
    const model = modelOf({ ports: '80/TCP' });
    expect(stateOf(model, 'internet', 'shop/Deployment/web')).toBe(ALL);
    expect(stateOf(model, 'shop/Deployment/web', 'shop/Deployment/api')).toBe(NONE);
  });

  it('tells both ports of two from one of them', () => {
    const model = modelOf({ ports: '80/TCP 8080/TCP' });
    expect(stateOf(model, 'internet', 'shop/Deployment/web')).toBe(SOME);
  });

  it('judges one side alone', () => {
    expect(stateOf(modelOf({ side: 'egress' }), 'legacy/Pod/batch', 'shop/StatefulSet/db')).toBe(ALL);
    expect(stateOf(modelOf({ side: 'ingress' }), 'legacy/Pod/batch', 'shop/StatefulSet/db')).toBe(NONE);
    expect(stateOf(modelOf({ side: 'ingress' }), 'shop/StatefulSet/db', 'legacy/Pod/batch')).toBe(ALL);
  });

  it('throws at what is no port', () => {
    expect(() => modelOf({ ports: 'http' })).toThrow(expect.objectContaining({ code: 'E_PORT_QUERY' }));
  });

  it('is the same for its own view as for its cells', () => {
    const cluster = makeCluster({ workloads: 24, namespaces: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom('both', 'egress', 'ingress'),
        fc.constantFrom('', '80', '53/UDP', '443/TCP 9090'),
        fc.constantFrom('', 'team-1', 'front'),
        (side, ports, from) => {
          const model = makeModel(cluster, { ...FIRST_STATE, side, ports, from });
          for (const source of model.rows.peers) {
            for (const destination of model.columns.peers) {
              const extent = model.view.look(source, destination)?.extent;
              const expected = extent === undefined ? BLANK : { none: NONE, some: SOME, all: ALL }[extent];
              expect(model.stateOf(source, destination)).toBe(expected);
            }
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('what both sides let through is what gets through', () => {
    const cluster = makeCluster({ workloads: 24, namespaces: 4 });
    const [both, egress, ingress] = (['both', 'egress', 'ingress'] as const).map((side) =>
      makeModel(cluster, { ...FIRST_STATE, side, ports: '443/TCP' }),
    );
    for (const source of both?.rows.peers ?? []) {
      for (const destination of both?.columns.peers ?? []) {
        const [through, out, into] = [both, egress, ingress].map((model) => model?.stateOf(source, destination));
        if (through !== BLANK) expect(through).toBe(out === ALL && into === ALL ? ALL : NONE);
      }
    }
  });

  it('of nothing is empty', () => {
    const model = makeModel(makeReport([], []), FIRST_STATE);
    expect(model.rows.peers).toEqual([]);
    expect(model.counts).toEqual({ allowed: 0, denied: 0 });
  });
});
