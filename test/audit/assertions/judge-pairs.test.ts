/** Assertions of what is allowed and denied: ports, quantifiers, selections, networks, Services, pods on the host's network. */

import { describe, expect, it } from 'vitest';
import { deployment, judge, namespace, outcomeOf, policy } from './assertion-input.ts';

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: front, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: www, port: 80, targetPort: http }, { name: admin, port: 9000 }] }`;

/** web takes 8080 of friends and of 10.0.0.0/8 without 10.9.0.0/16; db takes nothing. */
const SHOP = [
  namespace('shop', '{ team: a }'),
  namespace('bank', '{ team: b }'),
  deployment('shop/web'),
  deployment('shop/friend', { labels: 'tier: front' }),
  deployment('shop/foe', { labels: 'tier: front' }),
  deployment('shop/db', { kind: 'StatefulSet' }),
  deployment('bank/foe'),
  SERVICE,
  policy(
    'shop/web',
    '{ podSelector: { matchLabels: { app: web } }, ingress: [{ from: [{ podSelector: { matchLabels: { app: friend } } }, { ipBlock: { cidr: 10.0.0.0/8, except: [10.9.0.0/16] } }], ports: [{ port: http }] }] }',
  ),
  policy('shop/db', '{ podSelector: { matchLabels: { app: db } } }'),
];

const OPTIONS = {
  podNetworks: ['192.168.0.0/16'],
  namespace: 'shop',
  networks: [{ name: 'office', cidrs: ['10.1.0.0/16', '10.9.1.0/24'] }],
};

const outcome = (text: string): Promise<string> => outcomeOf(text, SHOP, OPTIONS);

describe('an assertion that something is allowed', () => {
  it.each([
    ['holds', 'allow: { from: shop/friend, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: friend, to: web, port: http }'],
    ['holds', 'allow: { from: shop/deploy/friend, to: shop/web, port: 8080/tcp }'],
    ['fails', 'allow: { from: shop/friend, to: shop/web, port: 8080/UDP }'],
    ['fails', 'allow: { from: shop/friend, to: shop/web, port: [8080, 8081] }'],
    ['fails', 'allow: { from: shop/friend, to: shop/web, port: 8080-8081 }'],
    ['fails', 'allow: { from: shop/foe, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: shop/web, to: shop/foe, port: [1-65535, 53/UDP] }'],
    // Without a port it is about every port.
    ['holds', 'allow: { from: shop/web, to: shop/foe }'],
    ['fails', 'allow: { from: shop/friend, to: shop/web }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toBe(expected);
  });
});

describe('an assertion of every port', () => {
  it('says that protocols without ports are lacking, where nothing else is', async () => {
    const every = '[{ port: 1, endPort: 65535 }, { protocol: UDP }, { port: 1, endPort: 65535, protocol: SCTP }]';
    const open = policy('shop/web', `{ podSelector: { matchLabels: { app: web } }, ingress: [{ ports: ${every} }] }`);
    const result = await judge('allow: { from: shop/friend, to: shop/web }', [...SHOP.slice(0, 4), open], OPTIONS);
    expect(result).toMatchObject({ outcome: 'fails', pairs: [{ allowed: false, port: 'protocols without ports, such as ICMP' }] });
  });
});

describe('an assertion that something is denied', () => {
  it.each([
    ['holds', 'deny: { from: shop/foe, to: shop/web }'],
    ['holds', 'deny: { from: shop/friend, to: shop/web, port: [8081, 8080/UDP] }'],
    ['fails', 'deny: { from: shop/friend, to: shop/web, port: http }'],
    ['fails', 'deny: { from: shop/friend, to: shop/web, port: 8000-9000 }'],
    ['fails', 'deny: { from: shop/friend, to: shop/web }'],
    ['holds', 'deny: { from: {}, to: shop/db }'],
    ['fails', 'deny: { from: shop/web, to: bank/foe }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toBe(expected);
  });
});

describe('a selection', () => {
  it.each([
    ['holds', 'deny: { from: { namespace: bank }, to: shop/web }'],
    ['fails', 'deny: { from: { namespace: shop }, to: shop/web }'],
    ['fails', 'deny: { from: { namespaceLabels: { team: a } }, to: shop/web }'],
    ['holds', 'deny: { from: { namespaceLabels: { team: b } }, to: shop/web }'],
    ['holds', 'deny: { from: { podLabels: { app: foe } }, to: shop/web }'],
    ['fails', 'deny: { from: { matchLabels: { tier: front } }, to: shop/web }'],
    ['holds', 'deny: { from: { matchExpressions: [{ key: app, operator: NotIn, values: [friend] }] }, to: shop/web }'],
    ['fails', 'deny: { from: { matchExpressions: [{ key: app, operator: Exists }] }, to: shop/web }'],
    ['holds', 'deny: { from: { kind: Deployment }, to: { kind: StatefulSet } }'],
    ['holds', 'deny: { from: { kind: StatefulSet, namespace: shop }, to: shop/web }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toBe(expected);
  });

  it.each(['{ namespace: nowhere }', '{ podLabels: { app: wbe } }', '{ kind: Job }', '{ namespace: bank, podLabels: { tier: front } }'])(
    'that matches nothing is an error, unless it may: %s',
    async (end) => {
      expect(await outcome(`deny: { from: ${end}, to: shop/web }`)).toMatch(/^error: a selection matches nothing/);
      expect(await outcome(`allow: { from: shop/web, to: ${end} }`)).toMatch(/^error: a selection matches nothing/);
      const mayBe = end.replace(/ }$/, ', mayBeEmpty: true }');
      const result = await judge(`deny: { from: ${mayBe}, to: shop/web }`, SHOP);
      expect(result).toMatchObject({ outcome: 'holds', message: 'it is about nothing: a selection is empty' });
    },
  );

  it('asks the labels of every pod, also those that policies do not look at', async () => {
    const pod = (name: string, labels: string): string =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: ${name}, namespace: shop, labels: { app: many, ${labels} }, ownerReferences: [{ apiVersion: apps/v1, kind: StatefulSet, name: many, uid: u, controller: true }] }\nspec: { containers: [{ name: c, image: c }] }\nstatus: { phase: Running }`;
    const documents = [...SHOP, pod('many-0', 'build: old'), pod('many-1', 'build: new')];
    expect(await outcomeOf('deny: { from: { podLabels: { build: new } }, to: shop/web }', documents, OPTIONS)).toBe('holds');
    expect(await outcomeOf('allow: { from: shop/web, to: { podLabels: { build: new } } }', documents, OPTIONS)).toBe('holds');
    expect(await outcomeOf('allow: { from: shop/web, to: { podLabels: { build: lost } } }', documents, OPTIONS)).toMatch(/^error/);
  });
});

describe('quantifiers', () => {
  it.each([
    ['fails', 'allow: { from: { each: { podLabels: { tier: front } } }, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: { some: { podLabels: { tier: front } } }, to: shop/web, port: 8080 }'],
    ['fails', 'allow: { from: { some: { namespace: bank } }, to: shop/web, port: 8080 }'],
    ['fails', 'deny: { from: { podLabels: { tier: front } }, to: shop/web }'],
    ['holds', 'deny: { from: { some: { podLabels: { tier: front } } }, to: shop/web }'],
    // For each destination there is a source: none for db.
    ['fails', 'allow: { from: { some: { namespace: shop } }, to: { namespace: shop }, port: 8080 }'],
    ['holds', 'allow: { from: { some: { namespace: shop } }, to: { namespace: shop, podLabels: { tier: front } }, port: 8080 }'],
    // For each source there is a destination.
    ['holds', 'allow: { from: { namespace: bank }, to: { some: { namespace: shop } }, port: 8080 }'],
    ['fails', 'allow: { from: { namespace: bank }, to: { some: { namespace: shop, podLabels: { app: db } } }, port: 8080 }'],
    ['holds', 'allow: { from: { some: {} }, to: { some: {} }, port: 8080 }'],
    ['fails', 'allow: { from: { some: { namespace: bank } }, to: { some: { kind: StatefulSet } }, port: 8080 }'],
    ['fails', 'deny: { from: { some: shop/web }, to: { some: bank/foe } }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toBe(expected);
  });

  it('count what fails', async () => {
    const { message, more, pairs } = await judge('allow: { from: { namespace: shop }, to: shop/web, port: 8080 }', SHOP, OPTIONS);
    expect({ message, pairs: pairs.length + more }).toEqual({ message: '3 of 4 pairs are denied', pairs: 3 });
    const some = await judge('allow: { from: { some: { namespace: shop } }, to: { namespace: shop } }', SHOP, OPTIONS);
    expect(some.message).toBe('2 of 4 destinations: from no source is it allowed');
  });
});

describe('networks outside', () => {
  it.each([
    ['holds', 'allow: { from: { outside: 10.1.0.0/16 }, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: 10.1.2.3, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: { outside: 10.1.2.3 }, to: shop/web, port: 8080 }'],
    ['fails', 'allow: { from: { outside: 10.0.0.0/8 }, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: { some: { outside: 10.0.0.0/8 } }, to: shop/web, port: 8080 }'],
    ['holds', 'deny: { from: { some: { outside: 10.0.0.0/8 } }, to: shop/web }'],
    ['holds', 'deny: { from: { outside: 10.9.0.0/16 }, to: shop/web }'],
    ['fails', 'deny: { from: { outside: 0.0.0.0/0 }, to: shop/web }'],
    ['holds', 'deny: { from: { outside: "::/0" }, to: shop/web }'],
    ['holds', 'deny: { from: { outside: 172.16.0.0/12 }, to: shop/web }'],
    ['holds', 'allow: { from: shop/web, to: { outside: 0.0.0.0/0 } }'],
    ['fails', 'allow: { from: { outside: office }, to: shop/web, port: 8080 }'],
    ['holds', 'allow: { from: { some: { outside: office } }, to: shop/web, port: 8080 }'],
    [
      'error: a network outside has no TCP port named http (give the port by its number)',
      'allow: { from: web, to: { outside: office }, port: http }',
    ],
    [
      'error: both ends are outside of the cluster, and no policy judges what is between them',
      'allow: { from: { outside: office }, to: 203.0.113.7 }',
    ],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toBe(expected);
  });

  it('that blocks cover in pieces are covered', async () => {
    const halves = policy(
      'shop/web',
      '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/9 } }, { ipBlock: { cidr: 10.128.0.0/9 } }] }] }',
    );
    const documents = [deployment('shop/web'), halves];
    const options = { podNetworks: ['192.168.0.0/16'] };
    expect(await outcomeOf('allow: { from: { outside: 10.0.0.0/8 }, to: shop/web }', documents, options)).toBe('holds');
    expect(await outcomeOf('allow: { from: { outside: 10.0.0.0/7 }, to: shop/web }', documents, options)).toBe('fails');
  });

  it('do not mix families', async () => {
    const six = policy('shop/web', '{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: "::/0" } }] }] }');
    const documents = [deployment('shop/web'), six];
    expect(await outcomeOf('allow: { from: { outside: "::/0" }, to: shop/web }', documents, OPTIONS)).toBe('holds');
    expect(await outcomeOf('deny: { from: { outside: 0.0.0.0/0 }, to: shop/web }', documents, OPTIONS)).toBe('holds');
  });
});

describe('Services', () => {
  it.each([
    ['holds', 'allow: { from: shop/friend, to: svc/front, port: 80 }'],
    ['holds', 'allow: { from: shop/friend, to: svc/front, port: www }'],
    ['fails', 'allow: { from: shop/friend, to: svc/front, port: admin }'],
    ['fails', 'allow: { from: shop/friend, to: svc/front }'],
    ['holds', 'deny: { from: shop/foe, to: shop/svc/front }'],
    ['holds', 'deny: { from: svc/front, to: shop/db }'],
    [
      expect.stringMatching(/^error: shop\/Service\/front has no port 8080\/TCP/),
      'allow: { from: shop/friend, to: svc/front, port: 8080 }',
    ],
    [expect.stringMatching(/^error: a range of ports/), 'deny: { from: shop/friend, to: svc/front, port: 80-90 }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcome(text)).toEqual(expected);
  });
});

describe('pods on the host’s network', () => {
  const host = deployment('shop/host', { spec: 'hostNetwork: true, ' });
  const documents = [...SHOP, host, policy('shop/foe', '{ podSelector: { matchLabels: { app: foe } }, policyTypes: [Egress] }')];

  it('are their node, which always reaches its own pods and of which nothing else is certain', async () => {
    expect(await outcomeOf('deny: { from: shop/host, to: shop/db }', documents, OPTIONS)).toBe('fails');
    expect(await outcomeOf('allow: { from: shop/host, to: shop/db, port: 8080 }', documents, OPTIONS)).toBe('fails');
    expect(await outcomeOf('allow: { from: shop/host, to: bank/foe }', documents, OPTIONS)).toBe('holds');
  });

  it('are reached by whom no policy isolates, and by others nobody knows', async () => {
    expect(await outcomeOf('allow: { from: shop/web, to: shop/host }', documents, OPTIONS)).toBe('holds');
    expect(await outcomeOf('deny: { from: shop/foe, to: shop/host }', documents, OPTIONS)).toBe('fails');
    expect(await outcomeOf('allow: { from: shop/foe, to: shop/host }', documents, OPTIONS)).toBe('fails');
  });
});

describe('a failure', () => {
  it('says which pair, and by which rules, as an explanation does', async () => {
    const { message, pairs } = await judge('deny: { from: { namespace: shop }, to: shop/web, port: 8000-9000 }', SHOP, OPTIONS);
    expect(message).toBe('1 of 4 pairs are allowed');
    expect(pairs).toMatchObject([
      {
        source: 'shop/Deployment/friend',
        destination: 'shop/Deployment/web',
        port: '8080/TCP',
        allowed: true,
        sides: [{ verdict: 'not isolated' }, { verdict: 'allowed', rules: [{ policy: 'shop/web', rule: 0, because: 'matches' }] }],
      },
    ]);
  });

  it('to allow something gives a policy that would', async () => {
    const { pairs } = await judge('allow: { from: shop/foe, to: shop/db, port: 5432 }', SHOP, OPTIONS);
    const wouldAllow = pairs[0]?.sides[1]?.wouldAllow ?? '';
    expect(await outcomeOf('allow: { from: shop/foe, to: shop/db, port: 5432 }', [...SHOP, wouldAllow], OPTIONS)).toBe('holds');
  });

  it('of a name that is not there is an error of that assertion, with the nearest name', async () => {
    expect(await outcome('deny: { from: shop/wbe, to: shop/db }')).toMatch(
      /^error: nothing in the input is called shop\/wbe; did you mean shop\/web\?/,
    );
    expect(await outcome('deny: { from: shop/web, to: shop/db, port: htpp }')).toMatch(/^error: shop\/db has no TCP port named htpp/);
  });

  it('is that of a policy that cannot be read, too: it allows nothing', async () => {
    const broken = policy('shop/foe', '{ podSelector: { matchLabels: { app: foe } }, ingress: [{ ports: [{ port: 70000 }] }] }');
    expect(await outcomeOf('deny: { from: {}, to: shop/foe }', [...SHOP, broken], OPTIONS)).toBe('holds');
    expect(await outcomeOf('allow: { from: shop/web, to: shop/foe }', [...SHOP, broken], OPTIONS)).toBe('fails');
  });
});
