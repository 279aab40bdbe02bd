/** Some specs of Kubernetes' own NetworkPolicy suite: one of each kind. */

import { describe, expect, inject, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { runUpstream } from '../harness/upstream.ts';

const SPECS = [
  "between server and client should support a 'default-deny-all' policy",
  'should enforce updated policy',
  'should enforce multiple egress policies with egress allow-all policy taking precedence',
  'between server and client should enforce policy based on PodSelector with MatchExpressions',
  'should allow ingress access on one named port',
  'should enforce except clause while egress access to server in CIDR block',
  'using UDP should enforce policy based on Ports',
  'should enforce policy based on NamespaceSelector with MatchExpressions using default ns label',
];
const TIMEOUT_MS = 10 * 60_000;

describe("some specs of Kubernetes' NetworkPolicy suite", () => {
  const cluster = Cluster.open(inject('clusterName'));

  it(
    'pass',
    async () => {
      const focus = `Netpol.*(${SPECS.join('|')})`;
      const { passed, failed, retries, seconds } = await runUpstream(cluster, { focus, processes: 4 });
      console.log(
        `${passed.length} specs passed, ${failed.length} failed, in ${seconds.toFixed(0)} s; probes made again: ${retries.length}`,
      );
      for (const retry of retries) console.log(`made again: ${retry}`);
      expect(failed).toEqual([]);
      expect(passed).toHaveLength(SPECS.length);
    },
    TIMEOUT_MS,
  );
});
