/** Delete the kernel's memory of UDP flows to endpoints that are gone: a client that goes on sending would never be rewritten anew. */

import { formatAddress, parseAddress } from '../../model/ip.ts';
import { runChecked } from '../processes/run-command.ts';

/** A place that is rewritten, and the addresses to which it may be. */
export interface UdpFrontend {
  /** Absent: any address (a node port, a host port). */
  readonly address?: string;
  readonly port: number;
  /** Addresses of endpoints that serve, whatever the traffic policies say. */
  readonly endpoints: readonly string[];
}

interface Flow {
  readonly destination: string;
  readonly port: number;
  readonly answeredFrom: string;
}

/** A frontend without endpoints keeps its flows, as with kube-proxy: their packets find nobody anyway. */
export async function forgetUdpFlows(netns: string, family: 4 | 6, frontends: readonly UdpFrontend[]): Promise<void> {
  const known = new Map(
    frontends
      .filter(({ endpoints }) => endpoints.length > 0)
      .map((frontend) => [`${frontend.address ?? ''} ${frontend.port}`, frontend.endpoints]),
  );
  if (known.size === 0) return;
  const select = ['--family', family === 4 ? 'ipv4' : 'ipv6', '--proto', 'udp'];
  const flows = readFlows(await runChecked(['conntrack', '--dump', ...select], { netns }));
  const stale = flows.filter(({ destination, port, answeredFrom }) => {
    const endpoints = known.get(`${destination} ${port}`) ?? known.get(` ${port}`);
    return endpoints !== undefined && !endpoints.includes(answeredFrom);
  });
  for (const flow of new Map(stale.map((entry) => [JSON.stringify(entry), entry])).values()) {
    const tuple = ['--orig-dst', flow.destination, '--orig-port-dst', String(flow.port), '--reply-src', flow.answeredFrom];
    await runChecked(['conntrack', '--delete', ...select, ...tuple], { netns }).catch((error: Error) => {
      // Its time may have run out in between.
      if (!error.message.includes('0 flow entries')) throw error;
    });
  }
}

/** Each line holds the original direction's addresses and ports, then those of the reply's. */
function readFlows(text: string): readonly Flow[] {
  return text.split('\n').flatMap((line) => {
    const destinations = [...line.matchAll(/dst=(\S+)/g)];
    const sources = [...line.matchAll(/src=(\S+)/g)];
    const port = /dport=(\d+)/.exec(line)?.[1];
    const [destination, answeredFrom] = [destinations[0]?.[1], sources[1]?.[1]];
    if (destination === undefined || answeredFrom === undefined || port === undefined) return [];
    return [{ destination: canonical(destination), port: Number(port), answeredFrom: canonical(answeredFrom) }];
  });
}

function canonical(address: string): string {
  return formatAddress(parseAddress(address));
}
