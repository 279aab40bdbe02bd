/** What the compiler says of its tables is what the kernel's would hold. */

import { describe, expect, it } from 'vitest';
import { Compiler } from '../../src/compiler/compiler.ts';
import { MemoryDatapath } from '../../src/datapath/memory.ts';
import { parseAddress } from '../../src/model/ip.ts';
import type { ClusterObject } from '../../src/model/objects.ts';
import { namespace, node, pod, policy } from '../support/builders/objects.ts';

const LOCAL = ['web', 'api', 'db'].map((name, index) =>
  pod(`shop/${name}`, { node: 'node-1', addresses: [`10.1.0.${index + 2}`], labels: { app: name } }),
);
const REMOTE = Array.from({ length: 20 }, (_, index) =>
  pod(`shop/remote-${index}`, { node: 'node-2', addresses: [`10.2.0.${index + 2}`], labels: { app: index % 2 === 0 ? 'api' : 'other' } }),
);
const POLICIES = [
  policy('shop/web', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [
      { from: [{ podSelector: { matchLabels: { app: 'api' } } }], ports: [{ port: 80 }, { port: 1000, endPort: 2000 }] },
      { from: [{ ipBlock: { cidr: '198.51.100.0/24', except: ['198.51.100.7/32'] } }], ports: [{ port: 443 }] },
    ],
  }),
  policy('shop/db', { podSelector: { matchLabels: { app: 'db' } }, policyTypes: ['Egress'] }),
];

describe('the rows that the compiler counts', () => {
  it('are those that the tables hold, after additions and after removals', () => {
    const compiler = new Compiler({ node: 'node-1' });
    const datapath = new MemoryDatapath();
    let ms = 0;
    const flush = (): void => {
      for (let round = 0; round < 3; round += 1, ms += 1500) {
        const now = { ms, monotonic: BigInt(ms) * 1_000_000n };
        datapath.apply(compiler.flush(now).steps.flat());
        datapath.apply(compiler.sweep({ ms: ms + 1200, monotonic: now.monotonic }));
      }
    };
    const tell = (objects: readonly ClusterObject[]): void => compiler.apply(objects.map((object) => ({ type: 'upsert', object })));
    const held = (): Record<string, number> => ({
      ports: datapath.ports.size,
      pairs: datapath.pairs.size,
      ipcache: datapath.addresses.size,
      prefixes: [...datapath.prefixes.values()].reduce((sum, rows) => sum + rows.size, 0),
      frontends: datapath.frontends.size,
      local_pods: datapath.localPods.size,
      configs: datapath.configs.size,
    });
    tell([namespace('shop'), node('node-1', ['10.9.0.1']), ...LOCAL, ...REMOTE, ...POLICIES]);
    LOCAL.forEach(({ name }, index) =>
      compiler.bind(`shop/${name}`, { ifindex: 10 + index, netns: index }, [parseAddress('10.1.0.1')], false),
    );
    flush();
    expect(compiler.tableRows).toEqual(held());
    expect(Math.min(...Object.entries(held()).map(([table, rows]) => (table === 'frontends' ? 1 : rows)))).toBeGreaterThan(0);
    const full = held();

    compiler.apply([{ type: 'delete', kind: 'NetworkPolicy', key: 'shop/web' }]);
    for (const { name } of REMOTE.slice(0, 5)) compiler.apply([{ type: 'delete', kind: 'Pod', key: `shop/${name}` }]);
    compiler.unbind('shop/api');
    flush();
    expect(compiler.tableRows).toEqual(held());
    expect(held()['pairs']).toBeLessThan(full['pairs'] ?? 0);
  });
});
