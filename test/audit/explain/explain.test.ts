import { describe, expect, test } from 'vitest';
import { explain, splitPort } from '../../../src/audit/explain/explain.ts';
import { explainText } from '../../../src/audit/explain/explain-text.ts';
import type { ExplainReport } from '../../../src/audit/explain/explain-report.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import { readText } from '../support/read-text.ts';

const pod = (key: string, port = 8080): string => {
  const [namespace, name] = key.split('/');
  return `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: ${namespace}, labels: { app: ${name}, pod-template-hash: abc } }\nspec: { containers: [{ name: c, image: example/${name}, ports: [{ name: http, containerPort: ${port} }] }] }`;
};
const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: front, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }`;
const CLOSED = policyYaml(
  'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: friend } } }], ports: [{ port: http }] }, { ports: [{ port: 9090 }] }]',
);

async function ask(source: string, destination: string, ...documents: readonly string[]): Promise<ExplainReport> {
  const input = await readText(pod('shop/web'), pod('shop/friend'), pod('shop/foe'), pod('bank/foe'), SERVICE, ...documents);
  expect(input.problems).toEqual([]);
  return explain(new AuditModel(input), source, destination, 'shop');
}

describe('an explanation', () => {
  test('names the rule that allows it, and where it stands', async () => {
    const { allowed, pairs } = await ask('shop/friend', 'shop/web:8080', CLOSED);
    expect(allowed).toBe('all');
    expect(pairs).toHaveLength(1);
    const [egress, ingress] = pairs[0]!.sides;
    expect(egress).toMatchObject({ verdict: 'not isolated', rules: [] });
    expect(ingress).toMatchObject({ verdict: 'allowed', ports: '8080/TCP, 9090/TCP', wouldAllow: null });
    expect(ingress!.rules).toMatchObject([
      { policy: 'shop/web', rule: 0, allows: true, because: 'matches', place: expect.stringMatching(/^<stdin>:\d+$/) as string },
      { policy: 'shop/web', rule: 1, allows: false, because: 'other port' },
    ]);
  });

  test('says of each rule why it does not, and gives a policy that would and nothing more', async () => {
    const { allowed, pairs } = await ask('bank/foe', 'shop/web:8080', CLOSED);
    expect(allowed).toBe('none');
    const ingress = pairs[0]!.sides[1]!;
    expect(ingress.rules.map(({ because }) => because)).toEqual(['other peer', 'other port']);
    expect((await ask('bank/foe', 'shop/web:8080', CLOSED, ingress.wouldAllow!)).allowed).toBe('all');
    expect((await ask('bank/foe', 'shop/web:8081', CLOSED, ingress.wouldAllow!)).allowed).toBe('none');
    expect((await ask('shop/foe', 'shop/web:8080', CLOSED, ingress.wouldAllow!)).allowed).toBe('none');
    expect(ingress.wouldAllow).not.toContain('pod-template-hash');
  });

  test('gives a policy for each side that denies it', async () => {
    const silent = policyYaml('podSelector: { matchLabels: { app: foe } }\npolicyTypes: [Egress]').replace('name: web,', 'name: silent,');
    const { pairs } = await ask('shop/foe', 'shop/web:8080', CLOSED, silent);
    const policies = pairs[0]!.sides.map(({ wouldAllow }) => wouldAllow);
    expect(policies.every((policy) => policy !== null)).toBe(true);
    expect((await ask('shop/foe', 'shop/web:8080', CLOSED, silent, ...(policies as string[]))).allowed).toBe('all');
  });

  test('follows a Service to the ports of its pods', async () => {
    const { pairs } = await ask('shop/friend', 'svc/front:80', CLOSED);
    expect(pairs).toMatchObject([{ destination: 'shop/Service/front (Pod web)', port: '8080/TCP', allowed: true }]);
    await expect(ask('shop/friend', 'svc/front:443', CLOSED)).rejects.toMatchObject({ code: 'E_AUDIT_PORT' });
  });

  test('leaves out pods behind a Service that lack the port to which it leads', async () => {
    const other = `apiVersion: v1\nkind: Pod\nmetadata: { name: silent, namespace: shop, labels: { app: web } }\nspec: { containers: [{ name: c, image: example/c }] }`;
    const { pairs } = await ask('shop/friend', 'svc/front:80', CLOSED, other);
    expect(pairs.map(({ destination, port }) => `${destination} ${port}`)).toEqual(['shop/Service/front (Pod web) 8080/TCP']);
    const nobody = SERVICE.replace('name: front', 'name: back').replace('targetPort: http', 'targetPort: grpc');
    await expect(ask('shop/friend', 'svc/back:80', CLOSED, nobody)).rejects.toMatchObject({
      code: 'E_AUDIT_PORT',
      message: expect.stringContaining('no pod behind shop/Service/back') as string,
    });
  });

  test('knows addresses outside, and resolves port names', async () => {
    const { allowed, pairs } = await ask('203.0.113.7', 'shop/web:http', CLOSED);
    expect(allowed).toBe('none');
    const policy = pairs[0]!.sides[0]!.wouldAllow!;
    expect(policy).toContain('203.0.113.7/32');
    expect((await ask('203.0.113.7', 'shop/web:http', CLOSED, policy)).allowed).toBe('all');
    expect((await ask('203.0.113.8', 'shop/web:http', CLOSED, policy)).allowed).toBe('none');
  });

  test('says all that is allowed where no port is asked for', async () => {
    const { pairs } = await ask('shop/foe', 'shop/web', CLOSED);
    expect(pairs[0]).toMatchObject({ allowed: true, port: null, ports: '9090/TCP' });
  });

  test('tells a name that is not there from one that has a slip', async () => {
    await expect(ask('shop/wbe', 'shop/web')).rejects.toMatchObject({
      code: 'E_AUDIT_END',
      message: expect.stringContaining('did you mean shop/web?') as string,
    });
    await expect(ask('shop/a/b/c', 'shop/web')).rejects.toMatchObject({ code: 'E_AUDIT_END' });
  });

  test('finds what is in a namespace that is called as a kind is', async () => {
    for (const namespace of ['deployment', 'svc', 'pod', 'constructor']) {
      const { allowed } = await ask(`${namespace}/odd`, `${namespace}/odd`, pod(`${namespace}/odd`));
      expect([namespace, allowed]).toEqual([namespace, 'all']);
    }
    await expect(ask('deployment/web', 'shop/web')).rejects.toMatchObject({ code: 'E_AUDIT_END' });
    expect((await ask('pod/web', 'shop/web', pod('pod/web'))).source).toBe('shop/Pod/web');
  });

  test('does not take an invalid policy for an open one', async () => {
    const invalid = policyYaml('podSelector: { matchLabels: { app: web } }\ningress: [{ ports: [{ port: 70000 }] }]');
    const { allowed, pairs } = await ask('shop/friend', 'shop/web:8080', invalid);
    expect(allowed).toBe('none');
    expect(pairs[0]!.sides[1]!.rules).toMatchObject([{ because: 'cannot be read', allows: false }]);
  });
});

describe('the policy that would allow it', () => {
  test.each(['on', 'y', 'No', '1_0', '010', '1e3', 'null'])('says for kubectl, which reads YAML 1.1, that %s is a text', async (value) => {
    const named = pod('shop/odd').replace('app: odd', `app: "${value}"`);
    const input = await readText(named, pod('shop/web'), CLOSED);
    const report = explain(new AuditModel(input), 'shop/odd', 'shop/web:8080', 'shop');
    expect(report.pairs[0]!.sides[1]!.wouldAllow).toMatch(new RegExp(`app: "${value}"$`, 'm'));
  });

  const POD = (name: string, labels: string): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: ${labels} }\nspec: { containers: [{ name: c, image: example/c }] }`;
  const allowing = async (source: string, destination: string, ...documents: readonly string[]): Promise<string> => {
    const { pairs } = await ask(source, destination, ...documents);
    const policy = pairs[0]!.sides.find(({ wouldAllow }) => wouldAllow !== null)!.wouldAllow!;
    expect((await ask(source, destination, ...documents, policy)).allowed).toBe('all');
    return policy;
  };

  test('isolates no pod that nothing isolates yet, though it has the same labels and more', async () => {
    const deny = policyYaml('podSelector: { matchExpressions: [{ key: tier, operator: DoesNotExist }] }');
    const pods = [POD('api', '{ role: api }'), POD('canary', '{ role: api, tier: canary }')];
    expect((await ask('shop/foe', 'shop/canary:443', ...pods, deny)).allowed).toBe('all');
    const policy = await allowing('shop/foe', 'shop/api:8080', ...pods, deny);
    expect((await ask('shop/foe', 'shop/canary:443', ...pods, deny, policy)).allowed).toBe('all');
  });

  test('is not for the whole namespace where the pod has no labels', async () => {
    const deny = policyYaml('podSelector: { matchExpressions: [{ key: role, operator: DoesNotExist }] }');
    const pods = [POD('bare', '{}'), POD('other', '{ role: other }')];
    const policy = await allowing('shop/foe', 'shop/bare:8080', ...pods, deny);
    for (const more of [[], [policy]]) {
      expect((await ask('shop/foe', 'shop/web:8080', ...pods, deny, ...more)).allowed).toBe('none');
      expect((await ask('shop/friend', 'shop/other:80', ...pods, deny, ...more)).allowed).toBe('all');
    }
    const from = await allowing('shop/bare', 'shop/web:8080', ...pods, CLOSED);
    expect((await ask('shop/foe', 'shop/web:8080', ...pods, CLOSED, from)).allowed).toBe('none');
  });

  test('replaces none that is there, nor that for another port', async () => {
    const first = await allowing('shop/foe', 'shop/web:8080', CLOSED);
    const taken = policyYaml('podSelector: {}\npolicyTypes: [Egress]').replace('name: web,', 'name: web-from-foe-8081-tcp,');
    const second = await allowing(
      'shop/foe',
      'shop/web:8081',
      CLOSED,
      first,
      taken,
      policyYaml('podSelector: {}\npolicyTypes: [Egress]\negress: [{}]').replace('name: web,', 'name: out,'),
    );
    const names = [first, second].map((policy) => /name: (web-\S+)/.exec(policy)?.[1]);
    expect(names).toEqual(['web-from-foe-8080-tcp', 'web-from-foe-8081-tcp-2']);
  });
});

describe('pods with addresses of two families', () => {
  const running = (name: string, ...ips: readonly string[]): string =>
    `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: { app: ${name} } }\nspec: { containers: [{ name: c, image: example/c }] }\nstatus: { phase: Running, podIPs: [${ips.map((ip) => `{ ip: '${ip}' }`).join(', ')}] }`;
  const SIX = policyYaml('podSelector: { matchLabels: { app: b } }\ningress: [{ from: [{ ipBlock: { cidr: "fd00::/8" } }] }]');

  test('are explained for each where policies make a difference', async () => {
    const { allowed, pairs } = await ask(
      'shop/a',
      'shop/b:80',
      running('a', '10.0.0.1', 'fd00::1'),
      running('b', '10.0.0.2', 'fd00::2'),
      SIX,
    );
    expect(allowed).toBe('some');
    expect(pairs).toMatchObject([
      { destination: 'shop/Pod/b over IPv4', allowed: false, sides: [{}, { verdict: 'denied', rules: [{ because: 'other peer' }] }] },
      { destination: 'shop/Pod/b over IPv6', allowed: true, sides: [{}, { verdict: 'allowed', rules: [{ because: 'matches' }] }] },
    ]);
  });

  test('are explained once where it makes none, or they have one in common, or none yet', async () => {
    const both = running('a', '10.0.0.1', 'fd00::1');
    const free = await ask('shop/a', 'shop/b:80', both, running('b', '10.0.0.2', 'fd00::2'));
    expect(free.pairs).toMatchObject([{ destination: 'shop/Pod/b', allowed: true }]);
    expect((await ask('shop/a', 'shop/b:80', both, running('b', 'fd00::2'), SIX)).pairs).toMatchObject([{ allowed: true }]);
    expect((await ask('shop/a', 'shop/b:80', both, running('b', '10.0.0.2'), SIX)).pairs).toMatchObject([{ allowed: false }]);
    const world = policyYaml('podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }]');
    expect((await ask('shop/foe', 'shop/web:80', world)).pairs).toMatchObject([{ destination: 'shop/Pod/web', allowed: true }]);
  });

  test('do not reach each other over different ones', async () => {
    const { pairs } = await ask('shop/a', 'shop/b:80', running('a', '10.0.0.1'), running('b', 'fd00::2'));
    expect(pairs).toMatchObject([{ allowed: false, ports: 'no port', note: 'they have no address family in common' }]);
    expect(explainText({ source: 'a', destination: 'b', allowed: 'none', pairs }, false)).toContain(
      '✘ they have no address family in common',
    );
  });
});

describe('a destination with a port', () => {
  test.each([
    ['shop/web', { end: 'shop/web' }],
    ['shop/web:80', { end: 'shop/web', port: { port: 80, protocol: 'TCP' } }],
    ['shop/web:53/udp', { end: 'shop/web', port: { port: 53, protocol: 'UDP' } }],
    ['shop/web:http', { end: 'shop/web', port: { port: 'http', protocol: 'TCP' } }],
    ['203.0.113.7:443', { end: '203.0.113.7', port: { port: 443, protocol: 'TCP' } }],
    ['2001:db8::1', { end: '2001:db8::1' }],
    ['[2001:db8::1]:53/UDP', { end: '[2001:db8::1]', port: { port: 53, protocol: 'UDP' } }],
  ])('%s', (text, parts) => {
    expect(splitPort(text)).toEqual(parts);
  });

  test.each(['shop/web:0', 'shop/web:70000', 'shop/web:80/icmp'])('%s is refused', (text) => {
    expect(() => splitPort(text)).toThrow(expect.objectContaining({ code: 'E_AUDIT_PORT' }) as Error);
  });
});
