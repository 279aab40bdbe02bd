/** Every spec of Kubernetes' own NetworkPolicy suite that can run here. */

import { describe, expect, inject, it } from 'vitest';
import { Cluster } from '../harness/cluster.ts';
import { runUpstream } from '../harness/upstream.ts';

/** 50 have Netpol in their names; three need SCTP sockets. */
const SPECS = 47;
const TIMEOUT_MS = 40 * 60_000;
const PROCESSES = 4;
/** POSTERN_CLUSTER_ROUNDS: how often in a row. */
const ROUNDS = Number(process.env['POSTERN_CLUSTER_ROUNDS'] ?? 1);

describe("Kubernetes' NetworkPolicy suite", () => {
  const cluster = Cluster.open(inject('clusterName'));

  it.each(Array.from({ length: ROUNDS }, (_, index) => index + 1))(
    'passes as a whole (run %i)',
    async () => {
      const { passed, failed, retries, hairpinRetries, seconds } = await runUpstream(cluster, { focus: 'Netpol', processes: PROCESSES });
      console.log(
        `${passed.length} specs passed, ${failed.length} failed, in ${seconds.toFixed(0)} s; probes made again: ${retries.length}, and ${hairpinRetries} of pods to themselves`,
      );
      for (const retry of retries) console.log(`made again: ${retry}`);
      expect(failed).toEqual([]);
      expect(passed).toHaveLength(SPECS);
    },
    TIMEOUT_MS,
  );
});
