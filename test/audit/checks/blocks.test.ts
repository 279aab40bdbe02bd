/** ipBlocks that mean the world, and those that take in the cluster's own networks. */

import { describe, expect, test } from 'vitest';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { runChecks, type CheckOptions } from '../../../src/audit/run-checks.ts';
import { readText } from '../support/read-text.ts';

const egress = (block: string): string => policyYaml(`podSelector: {}\npolicyTypes: [Egress]\negress: [{ to: [{ ipBlock: ${block} }] }]`);
const ingress = (block: string): string =>
  policyYaml(`podSelector: {}\ningress: [{ from: [{ ipBlock: ${block} }], ports: [{ port: 22 }] }]`);
const node = (podCIDR: string): string => `apiVersion: v1
kind: Node
metadata: { name: n1 }
spec: { podCIDR: ${podCIDR} }
status: { addresses: [{ type: ExternalIP, address: 198.51.100.7 }] }`;

/** Of these checks alone. */
async function find(checks: readonly string[], documents: readonly string[], options: CheckOptions = {}): Promise<string[]> {
  const { findings } = runChecks(await readText(...documents), options);
  return findings.filter(({ check }) => checks.includes(check)).map(({ check, message }) => `${check} ${message}`);
}

describe('a block takes in the cluster', () => {
  const cluster = (block: string, options: CheckOptions, ...more: readonly string[]): Promise<string[]> =>
    find(['PN022'], [egress(block), ...more], options);

  test('by the networks that the configuration tells', async () => {
    const networks = { podNetworks: ['10.1.0.0/16'], serviceNetworks: ['10.2.0.0/16'], nodeNetworks: ['192.0.2.0/24'] };
    expect(await cluster('{ cidr: 10.0.0.0/8 }', networks)).toEqual([
      'PN022 10.0.0.0/8 takes in addresses of pods (10.1.0.0/16), Services (10.2.0.0/16)',
    ]);
    expect(await cluster('{ cidr: 192.0.2.9/32 }', networks)).toEqual(['PN022 192.0.2.9/32 takes in addresses of nodes (192.0.2.0/24)']);
    expect(await cluster('{ cidr: 10.0.0.0/8, except: [10.0.0.0/14] }', networks)).toEqual([]);
    expect(await cluster('{ cidr: 172.16.0.0/12 }', networks)).toEqual([]);
    expect(await cluster('{ cidr: 10.0.0.0/8 }', {})).toEqual([]);
  });

  test('by the pods’ network of a node, unless exceptions take out all of it', async () => {
    expect(await cluster('{ cidr: 10.0.0.0/8 }', {}, node('10.7.0.0/24'))).toEqual([
      'PN022 10.0.0.0/8 takes in addresses of pods (10.7.0.0/24)',
    ]);
    expect(await cluster('{ cidr: 10.0.0.0/8, except: [10.7.0.0/25, 10.7.0.0/26] }', {}, node('10.7.0.0/24'))).toHaveLength(1);
    expect(await cluster('{ cidr: 10.0.0.0/8, except: [10.7.0.0/25, 10.7.0.128/25] }', {}, node('10.7.0.0/24'))).toEqual([]);
    expect(await cluster('{ cidr: "fd00::/8" }', {}, node('10.7.0.0/24'))).toEqual([]);
  });

  test('where its exceptions take out pods, and Services are left', async () => {
    const options = { podNetworks: ['10.1.0.0/16'], serviceNetworks: ['172.20.0.0/16'] };
    const checks = ['PN010', 'PN022'];
    expect(await find(checks, [egress('{ cidr: 0.0.0.0/0, except: [10.0.0.0/8] }'), node('10.1.0.0/24')], options)).toEqual([
      'PN022 0.0.0.0/0 takes in addresses of Services (172.20.0.0/16)',
    ]);
  });
});

describe('the world is open', () => {
  const open = (text: string, ...more: readonly string[]): Promise<string[]> => find(['PN009', 'PN010', 'PN022'], [text, ...more]);

  test('inward, whatever is taken out of it', async () => {
    expect(await open(ingress('{ cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.169.254/32] }'))).toEqual([
      'PN009 it takes connections from 0.0.0.0/0 except 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 and 1 more on 22/TCP',
    ]);
    expect(await open(ingress('{ cidr: 203.0.113.0/24 }'))).toEqual([]);
  });

  test('where it is written in halves, or as the internet of IPv6', async () => {
    expect(await open(ingress('{ cidr: 128.0.0.0/1 }'))).toHaveLength(1);
    expect(await open(ingress('{ cidr: "2000::/3" }'))).toHaveLength(1);
    expect(await open(ingress('{ cidr: 64.0.0.0/2 }'))).toEqual([]);
    expect(await open(egress('{ cidr: 0.0.0.0/1 }'))).toHaveLength(1);
    expect(await open(egress('{ cidr: "2000::/3" }'))).toEqual([]);
  });

  test('outward, unless the pods’ own network is taken out', async () => {
    expect(await open(egress('{ cidr: 0.0.0.0/0, except: [169.254.169.254/32] }'))).toEqual([
      'PN010 it lets connect to 0.0.0.0/0 except 169.254.169.254/32 on all ports',
    ]);
    expect(await open(egress('{ cidr: 0.0.0.0/0, except: [10.0.0.0/8] }'))).toEqual([]);
    expect(await open(egress('{ cidr: 0.0.0.0/0, except: [10.0.0.0/8] }'), node('192.168.0.0/24'))).toEqual([
      'PN010 it lets connect to 0.0.0.0/0 except 10.0.0.0/8 on all ports',
    ]);
    expect(await open(egress('{ cidr: "::/0", except: ["fd00::/8"] }'))).toEqual([]);
  });
});
