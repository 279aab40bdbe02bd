/** Judges conformance cases by real packets between the pods of a lab. */

import { OUTSIDE_ANNOTATION } from '../../../src/lab/objects/raw-object.ts';
import { Lab } from '../../../src/lab/lab.ts';
import type { LabOptions, ProbeRequest } from '../../../src/lab/types.ts';
import { podManifest } from '../../support/builders/manifests.ts';
import type { Manifest } from '../../support/builders/manifests.ts';
import { servingContainers, threeNamespaces } from '../../support/builders/three-namespaces.ts';
import type { Family } from '../case.ts';
import type { Judge } from '../judge.ts';
import { podOf, STRANGER_POD } from './lab-pods.ts';
import { probePackets } from './probe-packets.ts';
import { CraftedProber } from '../packets/crafted-probe.ts';
import type { Place } from '../packets/crafted-probe.ts';

/** Seconds for which a node remembers a closed connection. */
const TIME_WAIT = '/proc/sys/net/netfilter/nf_conntrack_tcp_timeout_time_wait';

/** What decides to whom a node rewrites. */
const CHOICES: readonly string[] = ['Service', 'EndpointSlice', 'Pod'];

export interface PacketJudge extends Judge {
  close(): Promise<void>;
}

/** Brings up a lab with the world's pods, over what a killed run left of it. `close` takes it down. */
export async function createPacketJudge(
  options: Pick<LabOptions, 'cni' | 'fabric' | 'enforce'> & { readonly name: string },
): Promise<PacketJudge> {
  const stranger = podManifest(STRANGER_POD, { annotations: { [OUTSIDE_ANNOTATION]: '7' }, containers: servingContainers() });
  const world = [...threeNamespaces().map(withoutStatus), stranger];
  await Lab.remove(options.name);
  const lab = await Lab.up({ ...options, objects: world });
  // Where nodes track connections, closed ones would gather, a hundred thousand in two minutes.
  for (const { name } of lab.nodes()) await lab.nodeExec(name, ['sh', '-c', `echo 5 > ${TIME_WAIT}`]);
  const prober = new CraftedProber();
  const stage = {
    prober,
    probe: (requests: readonly ProbeRequest[]) => lab.probe(requests),
    placeOf: (actor: string, family: Family) => placeOf(lab, actor, family),
  };
  return {
    world,
    secondLookMs: 1000,
    addressOf: (actor, family) => placeOf(lab, actor, family).address,
    async apply(change) {
      if (change.delete.length > 0) await lab.delete(change.delete);
      if (change.apply.length > 0) await lab.apply(change.apply.map(withoutStatus));
      const chooses = [...change.apply, ...change.delete].some(({ kind }) => CHOICES.includes(kind as string));
      if (chooses && lab.services().length > 0) await forgetFlows(lab);
    },
    probe: (probes, look = 'first') => probePackets(stage, probes, look),
    close: () => {
      prober.close();
      return lab.down();
    },
  };
}

/** Where a pod runs and which addresses it has is the lab's to say. */
function withoutStatus(manifest: Manifest): Manifest {
  if (manifest['kind'] !== 'Pod') return manifest;
  const { status: _status, ...rest } = manifest;
  return rest;
}

/**
 * A node sends what has the ports of an unanswered SYN, or of a datagram, to where it sent that one, for two minutes; and a client soon uses a port
 * again. A new choice is to be seen.
 */
async function forgetFlows(lab: Lab): Promise<void> {
  await Promise.all(lab.nodes().map(({ name }) => lab.nodeExec(name, ['conntrack', '--flush'])));
}

function placeOf(lab: Lab, actor: string, family: Family): Place {
  const key = podOf(actor);
  const place = lab.pods().find((pod) => pod.key === key) ?? lab.nodes().find((node) => node.name === key);
  const address = place?.addresses.find((candidate) => candidate.includes(':') === (family === 6));
  if (place === undefined || address === undefined) throw new TypeError(`the lab has no ${actor} with an IPv${family} address`);
  return { netns: place.netns, address };
}
