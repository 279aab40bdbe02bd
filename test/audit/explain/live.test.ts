/** Which packets the kernel is asked about, and what its answers are taken for. */

import { describe, expect, test } from 'vitest';
import { compareSide, withLive, type LiveAnswer } from '../../../src/audit/explain/compare-live.ts';
import { explainEnds, type Explanation } from '../../../src/audit/explain/explain.ts';
import { explainText } from '../../../src/audit/explain/explain-text.ts';
import { questionsOf, type LiveQuestion, type SideQuestions } from '../../../src/audit/explain/live-questions.ts';
import { AuditModel } from '../../../src/audit/model/audit-model.ts';
import { policyYaml } from '../../../src/audit/checks/policy-yaml.ts';
import type { TestAnswer } from '../../../src/model/test-run.ts';
import { readText } from '../support/read-text.ts';

interface PodWords {
  readonly app: string;
  readonly index?: number;
  readonly addresses?: readonly string[];
  readonly spec?: object;
}

const pod = ({ app, index = 0, addresses = [`10.0.${app.length}.${index + 1}`], spec = {} }: PodWords): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${app}-${index}`, namespace: 'shop', labels: { app }, ownerReferences: [owner(app)] },
    spec: { nodeName: `node-${index}`, containers: [{ name: 'c', image: 'i' }], ...spec },
    status: { phase: 'Running', podIP: addresses[0], podIPs: addresses.map((ip) => ({ ip })) },
  });
const owner = (name: string): object => ({ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid: name, controller: true });
const deployment = (app: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: app, namespace: 'shop' },
    spec: {
      selector: { matchLabels: { app } },
      template: { metadata: { labels: { app } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    },
  });
const CLOSED = policyYaml(
  'podSelector: { matchLabels: { app: web } }\ningress: [{ from: [{ podSelector: { matchLabels: { app: friend } } }], ports: [{ port: 80 }, { port: 9000, endPort: 9009 }] }]',
);

async function explainIn(source: string, destination: string, ...documents: readonly string[]): Promise<Explanation> {
  const input = await readText(...documents, CLOSED);
  expect(input.problems).toEqual([]);
  return explainEnds(new AuditModel(input), source, destination, 'shop');
}

async function ingressOf(source: string, destination: string, ...documents: readonly string[]): Promise<SideQuestions> {
  const { pairs } = await explainIn(source, destination, ...documents);
  return questionsOf(pairs[0]!.sides.find(({ report }) => report.direction === 'ingress')!);
}

const words = ({ packet, allowed }: LiveQuestion): string =>
  `${packet.pod} ${packet.peer} ${packet.port}/${packet.protocol} ${allowed ? 'pass' : 'drop'}`;

describe('the kernel is asked', () => {
  test('about every pod with every address of the other end, at the port in question', async () => {
    const pods = [pod({ app: 'web' }), pod({ app: 'web', index: 1 }), pod({ app: 'friend', addresses: ['10.0.6.1', 'fd00::6'] })];
    const { questions, leftOut, notAsked } = await ingressOf('friend', 'web:80', ...pods);
    expect(questions.map(words)).toEqual(['shop/web-0 10.0.6.1 80/TCP pass', 'shop/web-1 10.0.6.1 80/TCP pass']);
    expect(questions.map(({ node }) => node)).toEqual(['node-0', 'node-1']);
    expect([leftOut, notAsked]).toEqual([0, []]);
  });

  test('where what is allowed begins and ends, if no port is in question', async () => {
    const { questions } = await ingressOf('friend', 'web', pod({ app: 'web' }), pod({ app: 'friend' }));
    const tcp = questions.filter(({ packet }) => packet.protocol === 'TCP');
    const ports = tcp.map(({ packet, allowed }) => `${packet.port} ${allowed ? 'pass' : 'drop'}`);
    expect(new Set(ports)).toEqual(
      new Set(['1 drop', '65535 drop', '79 drop', '80 pass', '81 drop', '8999 drop', '9000 pass', '9009 pass', '9010 drop']),
    );
    const others = questions.filter(({ packet }) => packet.protocol !== 'TCP');
    expect(others.map(words)).toEqual(
      ['UDP', 'SCTP'].flatMap((one) => [1, 65535].map((port) => `shop/web-0 10.0.6.1 ${port}/${one} drop`)),
    );
  });

  test('about an address outside, and never about a pod and itself', async () => {
    const pods = [pod({ app: 'web' }), pod({ app: 'web', index: 1 })];
    const outside = await ingressOf('203.0.113.9', 'web:80', ...pods);
    expect(outside.questions.map(words)).toEqual(['shop/web-0 203.0.113.9 80/TCP drop', 'shop/web-1 203.0.113.9 80/TCP drop']);
    const among = await ingressOf('web', 'web:80', ...pods);
    expect(among.questions.map(words)).toEqual(['shop/web-0 10.0.3.2 80/TCP drop', 'shop/web-1 10.0.3.1 80/TCP drop']);
  });

  test('about every pod at least once, where there are too many pairs', async () => {
    const many = (app: string): string[] =>
      Array.from({ length: 60 }, (_, index) => pod({ app, index, addresses: [`10.${app.length}.0.${index + 1}`] }));
    const { questions, leftOut } = await ingressOf('friend', 'web:80', ...many('web'), ...many('friend'));
    expect([questions.length, leftOut]).toEqual([1000, 2600]);
    expect(new Set(questions.map(({ packet }) => packet.pod)).size).toBe(60);
    expect(new Set(questions.map(({ packet }) => packet.peer)).size).toBe(60);
    expect(new Set(questions.map(words)).size).toBe(1000);
  });

  test('about nothing that does not run, nor about pods that have the address of their node', async () => {
    const notRunning = await ingressOf('friend', 'web:80', deployment('web'), pod({ app: 'friend' }));
    expect(notRunning).toMatchObject({ questions: [], notAsked: [{ pod: 'shop/web', why: 'the input has no pod of it that runs' }] });
    const hostPod = pod({ app: 'host', spec: { hostNetwork: true } });
    const fromNode = await ingressOf('host', 'web:80', hostPod, pod({ app: 'web' }));
    expect(fromNode).toMatchObject({ questions: [], notAsked: [{ pod: 'shop/host' }] });
    expect(await ingressOf('web', 'host:80', hostPod, pod({ app: 'web' }))).toEqual({ questions: [], leftOut: 0, notAsked: [] });
  });
});

describe("the kernel's answers", () => {
  const question = (name: string, allowed: boolean): LiveQuestion => ({
    packet: { pod: `shop/${name}`, direction: 'ingress', peer: '10.0.0.1', protocol: 'TCP', port: 80 },
    node: 'node-1',
    allowed,
  });
  const side = (...questions: readonly LiveQuestion[]): SideQuestions => ({ questions, leftOut: 0, notAsked: [] });
  const say =
    (answer: TestAnswer, enforcing = true) =>
    (): LiveAnswer => ({ node: 'node-1', enforcing, answer });

  test('agree where a packet fares as the policies say', () => {
    expect(compareSide(side(question('a', true)), say({ verdict: 'pass', reason: 'ALLOWED' }))).toMatchObject({ tried: 1, agreed: 1 });
    expect(compareSide(side(question('a', false)), say({ verdict: 'drop', reason: 'POLICY' }))).toMatchObject({ tried: 1, agreed: 1 });
  });

  test('disagree where it does not, whatever the reason is', () => {
    const passed = compareSide(side(question('a', false)), say({ verdict: 'pass', reason: null }, false));
    expect(passed).toMatchObject({ agreed: 0, disagreements: [{ pod: 'shop/a', policies: 'deny', kernel: 'pass', enforcing: false }] });
    const dropped = compareSide(side(question('a', true)), say({ verdict: 'drop', reason: 'HELD' }));
    expect(dropped).toMatchObject({ agreed: 0, disagreements: [{ policies: 'allow', kernel: 'drop', reason: 'HELD' }] });
    expect(compareSide(side(question('a', true)), say({ verdict: 'drop', reason: 'NODE' })).disagreements).toHaveLength(1);
  });

  test("say nothing of policies where it is traffic with the own node, or a Service's", () => {
    const report = compareSide(side(question('a', false)), say({ verdict: 'pass', reason: 'NODE' }));
    expect(report).toMatchObject({ tried: 1, agreed: 0, ownNode: 1, disagreements: [] });
    expect(compareSide(side(question('a', false)), say({ verdict: 'later', reason: null }))).toMatchObject({ later: 1, disagreements: [] });
  });

  test('that are none are told of each pod once', () => {
    const report = compareSide(side(question('a', true), question('a', true), question('b', true)), say({ notRun: 'not-here' }));
    expect(report).toMatchObject({ tried: 0, agreed: 0 });
    expect(report.notAsked.map(({ pod }) => pod)).toEqual(['shop/a', 'shop/b']);
    expect(compareSide(side(question('a', true)), () => ({ why: 'no agent' })).notAsked).toEqual([{ pod: 'shop/a', why: 'no agent' }]);
  });

  test('stand below the side that they are about', async () => {
    const explanation = await explainIn('friend', 'web:80', pod({ app: 'web' }), pod({ app: 'friend' }));
    const sides = explanation.pairs.flatMap((pair) => pair.sides).map(questionsOf);
    const agreeing = sides.map((one) => compareSide(one, say({ verdict: 'pass', reason: 'ALLOWED' })));
    const text = explainText(withLive(explanation, agreeing), false);
    expect(text.match(/✔ kernel: 1 of 1 packets as the policies say/g)).toHaveLength(2);
    const [egress, ingress] = sides.map((one, index) =>
      compareSide(one, index === 0 ? () => ({ why: 'no agent runs there' }) : say({ verdict: 'drop', reason: 'POLICY' })),
    );
    const worse = explainText(withLive(explanation, [egress!, ingress!]), false);
    expect(worse).toContain('? kernel not asked about shop/friend-0: no agent runs there');
    expect(worse).toContain('✘ kernel: 0 of 1 packets as the policies say');
    expect(worse).toContain('shop/web-0 on node-1, peer 10.0.6.1, 80/TCP: policies allow, kernel drop (POLICY)');
  });
});
