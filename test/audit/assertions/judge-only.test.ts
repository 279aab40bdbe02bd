/** Assertions that nobody else may, and of isolation. */

import { describe, expect, it } from 'vitest';
import { deployment, judge, namespace, outcomeOf, policy } from './assertion-input.ts';

const OPTIONS = { podNetworks: ['192.168.0.0/16'] };

const BASE = [
  namespace('shop', '{ team: a }'),
  namespace('bank'),
  deployment('shop/web', { labels: 'tier: front' }),
  deployment('shop/db'),
];
/** What db takes in. */
const db = (from: string): string => policy('shop/db', `{ podSelector: { matchLabels: { app: db } }, ingress: [${from}] }`);
/** Where web may go. */
const web = (to: string): string =>
  policy('shop/web', `{ podSelector: { matchLabels: { app: web } }, policyTypes: [Egress], egress: [${to}] }`);

const FROM_WEB = '{ from: [{ podSelector: { matchLabels: { app: web } } }], ports: [{ port: 5432 }] }';

describe('an assertion that nobody else may come', () => {
  const onlyFrom = (peers: string, rules: string, more: readonly string[] = [], port = ''): Promise<string> =>
    outcomeOf(`to: shop/db, ${port}onlyFrom: [${peers}]`, [...BASE, db(rules), ...more], OPTIONS);

  it('holds where a policy lets in what is named and nothing else', async () => {
    expect(await onlyFrom('shop/web', FROM_WEB)).toBe('holds');
    expect(await onlyFrom('shop/web', '')).toBe('holds');
    expect(await onlyFrom('', '')).toBe('holds');
    expect(await onlyFrom('{ podLabels: { app: web } }', FROM_WEB)).toBe('holds');
    expect(await onlyFrom('{ namespace: shop }', FROM_WEB)).toBe('holds');
    expect(await onlyFrom('{ namespaceLabels: { team: a } }', FROM_WEB)).toBe('holds');
    expect(await onlyFrom('{ kind: Deployment, podLabels: { app: web } }', FROM_WEB)).toBe('holds');
    expect(await onlyFrom('{}', '{ from: [{ namespaceSelector: {} }] }')).toBe('holds');
  });

  it('does not hold where a rule takes two namespaces by name, and only pods of one are excepted', async () => {
    const byName = (names: string): string =>
      `{ from: [{ namespaceSelector: { matchExpressions: [{ key: kubernetes.io/metadata.name, operator: In, values: [${names}] }] }, podSelector: { matchLabels: { app: web } } }] }`;
    expect(await onlyFrom('shop/web', byName('shop'))).toBe('holds');
    expect(await onlyFrom('shop/web', byName('shop, store'))).toBe('fails');
  });

  it('does not hold where a rule of blocks has a port name, which is that of pods to come', async () => {
    const egress = (rule: string): string => policy('shop/web', `{ podSelector: { matchLabels: { app: web } }, egress: [${rule}] }`);
    const onlyTo = async (rule: string) =>
      (await judge('from: shop/web, port: 53/UDP, onlyTo: [shop/db]', [...BASE, egress(rule)], OPTIONS)).outcome;
    expect(await onlyTo('{ to: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 53, protocol: UDP }] }')).toBe('holds');
    expect(await onlyTo('{ to: [{ ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: dns, protocol: UDP }] }')).toBe('fails');
    expect(await onlyTo('{ to: [{ ipBlock: { cidr: 192.0.2.0/24 } }], ports: [{ port: dns, protocol: TCP }] }')).toBe('holds');
  });

  it('does not hold where no policy isolates', async () => {
    const result = await judge('to: shop/db, onlyFrom: [shop/web]', BASE, OPTIONS);
    expect(result.outcome).toBe('fails');
    expect(result.message).toMatch(/^it is reached by others: shop\/Deployment\/db; any other IPv4 address/);
  });

  it('does not hold where another workload may', async () => {
    expect(await onlyFrom('', FROM_WEB)).toBe('fails');
    const both = '{ from: [{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [web, job] }] } }] }';
    const result = await judge('to: shop/db, onlyFrom: [shop/web]', [...BASE, deployment('shop/job'), db(both)], OPTIONS);
    expect(result).toMatchObject({
      outcome: 'fails',
      message: 'it is reached by others: shop/Deployment/job',
      pairs: [{ source: 'shop/Deployment/job' }],
      more: 0,
    });
  });

  it('does not hold where a pod that may come could', async () => {
    // Nobody is in bank, and nobody else is in shop.
    expect(await onlyFrom('shop/web', '{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: bank } } }] }')).toBe(
      'fails',
    );
    expect(await onlyFrom('shop/web', '{ from: [{ podSelector: {} }] }')).toBe('fails');
    const anywhere = '{ from: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: web } } }] }';
    const result = await judge('to: shop/db, onlyFrom: [shop/web]', [...BASE, db(anywhere)], OPTIONS);
    expect(result.message).toMatch(/^it is reached by others: any pod with app=web in bank; any pod with app=web in a new namespace/);
    expect(result.pairs[0]).toMatchObject({
      destination: 'shop/Deployment/db',
      allowed: true,
      sides: [{ verdict: 'not isolated' }, { verdict: 'allowed', rules: [{ policy: 'shop/db', rule: 0 }] }],
    });
  });

  it('takes a selection by labels at its word', async () => {
    // The policy asks for app alone: a pod without the tier may come.
    expect(await onlyFrom('{ podLabels: { app: web, tier: front } }', FROM_WEB)).toBe('fails');
    const exact = FROM_WEB.replace('app: web', 'app: web, tier: front');
    expect(await onlyFrom('{ podLabels: { app: web, tier: front } }', exact)).toBe('holds');
    expect(
      await onlyFrom(
        '{ namespace: shop, podLabels: { app: web } }',
        FROM_WEB.replace('{ podSelector', '{ namespaceSelector: {}, podSelector'),
      ),
    ).toBe('fails');
  });

  it('heeds the policies of who would come', async () => {
    const anyoneOfBank = '{ from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: bank } } }] }';
    const closed = policy('bank/closed', '{ podSelector: {}, policyTypes: [Egress] }');
    expect(await onlyFrom('', anyoneOfBank, [closed])).toBe('holds');
    const ajar = policy('bank/ajar', '{ podSelector: { matchLabels: { out: yes-please } }, policyTypes: [Egress], egress: [{}] }');
    expect(await onlyFrom('', anyoneOfBank, [closed, ajar])).toBe('fails');
  });

  it('does not hold where a network outside may, in whole or in part', async () => {
    const block = '{ from: [{ ipBlock: { cidr: 10.0.0.0/8 } }] }';
    expect(await onlyFrom('', block)).toBe('fails');
    expect(await onlyFrom('{ outside: 10.0.0.0/8 }', block)).toBe('holds');
    expect(await onlyFrom('{ outside: 10.0.0.0/7 }', block)).toBe('holds');
    expect(await onlyFrom('{ outside: 10.0.0.0/9 }', block)).toBe('fails');
    expect(await onlyFrom('{ outside: 10.0.0.0/9 }, { outside: 10.128.0.0/9 }', block)).toBe('holds');
    expect(await onlyFrom('10.0.0.1', '{ from: [{ ipBlock: { cidr: 10.0.0.1/32 } }] }')).toBe('holds');
    const result = await judge('to: shop/db, onlyFrom: []', [...BASE, db(block)], OPTIONS);
    expect(result.message).toBe('it is reached by others: 10.0.0.0/8 (such as 10.0.0.1)');
  });

  it('counts pods in a block that is meant for others', async () => {
    const block = '{ from: [{ ipBlock: { cidr: 192.168.0.0/16 } }] }';
    expect(await onlyFrom('{ outside: 192.168.0.0/16 }', block)).toBe('fails');
    expect(await onlyFrom('{ outside: 192.168.0.0/16 }, {}', block)).toBe('holds');
  });

  it('is about the ports that it names', async () => {
    const scraped = `${FROM_WEB}, { from: [{ namespaceSelector: {} }], ports: [{ port: 9090 }] }`;
    expect(await onlyFrom('shop/web', scraped)).toBe('fails');
    expect(await onlyFrom('shop/web', scraped, [], 'port: 5432, ')).toBe('holds');
    expect(await onlyFrom('shop/web', scraped, [], 'port: 9000-9100, ')).toBe('fails');
  });

  it('is an error where it excepts what is not there', async () => {
    expect(await onlyFrom('shop/wbe', FROM_WEB)).toMatch(/^error: nothing in the input is called shop\/wbe/);
    expect(await onlyFrom('{ podLabels: { app: wbe } }', FROM_WEB)).toMatch(/^error: a selection matches nothing/);
    expect(await onlyFrom('shop/web, { podLabels: { app: wbe }, mayBeEmpty: true }', FROM_WEB)).toBe('holds');
  });

  it('passes over nodes, which always reach their own pods', async () => {
    expect(await onlyFrom('shop/web', FROM_WEB, [deployment('shop/host', { spec: 'hostNetwork: true, ' })])).toBe('holds');
  });
});

describe('an assertion that nothing else may be reached', () => {
  const onlyTo = (peers: string, rules: string, more: readonly string[] = [], port = ''): Promise<string> =>
    outcomeOf(`from: shop/web, ${port}onlyTo: [${peers}]`, [...BASE, web(rules), ...more], OPTIONS);
  const TO_DB = '{ to: [{ podSelector: { matchLabels: { app: db } } }], ports: [{ port: 5432 }] }';

  it('holds where a policy lets out to what is named and to nothing else', async () => {
    expect(await onlyTo('shop/db', TO_DB)).toBe('holds');
    expect(await onlyTo('', '')).toBe('holds');
    expect(await onlyTo('{ podLabels: { app: db } }', TO_DB)).toBe('holds');
    expect(await onlyTo('shop/db, { outside: 203.0.113.0/24 }', `${TO_DB}, { to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }`)).toBe('holds');
  });

  it('does not hold where another workload, a network or a pod that may come can be reached', async () => {
    expect(await onlyTo('', TO_DB)).toBe('fails');
    expect(await onlyTo('shop/db', `${TO_DB}, { to: [{ ipBlock: { cidr: 203.0.113.0/24 } }] }`)).toBe('fails');
    expect(await onlyTo('shop/db', `${TO_DB}, { to: [{ podSelector: { matchLabels: { app: new } } }] }`)).toBe('fails');
    expect(await outcomeOf('from: shop/db, onlyTo: [shop/web]', BASE, OPTIONS)).toBe('fails');
  });

  it('takes a port name for any number at a pod that may come', async () => {
    const named = '{ to: [{ podSelector: { matchLabels: { app: new } } }], ports: [{ port: secret }] }';
    expect(await onlyTo('', named)).toBe('fails');
    expect(await onlyTo('', named, [], 'port: 53/UDP, ')).toBe('holds');
    expect(await onlyTo('', named, [], 'port: 443, ')).toBe('fails');
  });

  it('heeds the policies of who would be reached', async () => {
    const toBank = '{ to: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: bank } } }] }';
    expect(await onlyTo('', toBank)).toBe('fails');
    expect(await onlyTo('', toBank, [policy('bank/closed', '{ podSelector: {} }')])).toBe('holds');
  });
});

describe('an assertion of isolation', () => {
  const documents = [...BASE, deployment('bank/api'), policy('shop/all', '{ podSelector: {} }'), web('')];

  it.each([
    ['holds', 'isolated: ingress, of: { namespace: shop }'],
    ['fails', 'isolated: egress, of: { namespace: shop }'],
    ['holds', 'isolated: both, of: shop/web'],
    ['fails', 'isolated: both, of: shop/db'],
    ['fails', 'isolated: ingress, of: {}'],
    ['error: a selection matches nothing in the input (correct it, or say mayBeEmpty: true)', 'isolated: ingress, of: { namespace: bnk }'],
    ['holds', 'isolated: ingress, of: { namespace: bnk, mayBeEmpty: true }'],
  ])('%s: %s', async (expected, text) => {
    expect(await outcomeOf(text, documents)).toBe(expected);
  });

  it('names who is not', async () => {
    const { message } = await judge('isolated: both, of: {}', documents);
    expect(message).toBe('no policy isolates shop/Deployment/db for egress; bank/Deployment/api for ingress and egress');
  });

  it('never holds for pods on the host’s network', async () => {
    const host = deployment('shop/host', { spec: 'hostNetwork: true, ' });
    const { outcome, message } = await judge('isolated: ingress, of: { namespace: shop }', [...documents, host]);
    expect({ outcome, message }).toEqual({
      outcome: 'fails',
      message: 'no policy isolates shop/Deployment/host for ingress, being on the host’s network',
    });
  });
});
