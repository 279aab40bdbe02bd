import { describe, expect, it } from 'vitest';
import { decodeFlow } from '../../../src/audit/suggest/decode-flow.ts';
import { parseAddress } from '../../../src/model/ip.ts';
import { lineOf, listOf } from './flow-lines.ts';

describe('a line of flows', () => {
  it('is what the monitor prints, whatever else stands there', () => {
    const expected = {
      kind: 'flow',
      flow: {
        direction: 'egress',
        pod: 'shop/web',
        peer: 'shop/db',
        peerAddress: parseAddress('10.1.0.3'),
        protocol: 'TCP',
        port: 5432,
        denied: false,
      },
    };
    expect(decodeFlow(lineOf({}))).toEqual(expected);
    expect(decodeFlow(lineOf({ future: { fields: [1] } } as object))).toEqual(expected);
    expect(decodeFlow(`${lineOf({})}\r`)).toEqual(expected);
  });

  it('is enough without the fields that nothing depends on', () => {
    const line = JSON.stringify({
      verdict: 'allow',
      direction: 'ingress',
      pod: 'shop/db',
      source: '203.0.113.7',
      destination: '10.1.0.3',
      protocol: 'udp',
      port: 53,
    });
    expect(decodeFlow(line)).toMatchObject({ kind: 'flow', flow: { direction: 'ingress', peer: '', protocol: 'UDP', port: 53 } });
  });

  it.each([
    ['words', 'watching drops and new flows'],
    ['half a line', lineOf({}).slice(0, 40)],
    ['a list', `[${lineOf({})}]`],
    ['null', 'null'],
    ['another object', '{"kind":"Pod"}'],
    ['a verdict that there is not', lineOf({ verdict: 'maybe' as never })],
    ['a direction that there is not', lineOf({ direction: 'both' as never })],
    ['an address that is none', lineOf({ source: 'shop/web' })],
    ['a port that is none', lineOf({ port: 70_000 })],
    ['a port in letters', lineOf({ port: '80' as never })],
    ['no pod', lineOf({ pod: '' })],
    ['a number of suppressed events that is none', '{"kind":"suppressed","count":-1}'],
  ])('is no flow where it holds %s', (_, line) => {
    expect(decodeFlow(line)).toEqual({ kind: 'no flow' });
  });

  it('is of the own node, which needs no rule, by its reason or by its name', () => {
    expect(decodeFlow(lineOf({ reason: 'NODE', peer: '10.1.0.1' }))).toEqual({ kind: 'own node' });
    expect(decodeFlow(lineOf({ node: 'node-1', peer: 'node node-1' }))).toEqual({ kind: 'own node' });
    expect(decodeFlow(lineOf({ node: 'node-1', peer: 'node node-2' }))).toMatchObject({ kind: 'flow' });
  });

  it('is denied by a policy, also by one on trial; other drops are not for rules to change', () => {
    expect(decodeFlow(lineOf({ verdict: 'deny', reason: 'POLICY' }))).toMatchObject({ flow: { denied: true } });
    expect(decodeFlow(lineOf({ verdict: 'would-deny', reason: 'TRIAL' }))).toMatchObject({ flow: { denied: true } });
    expect(decodeFlow(lineOf({ verdict: 'deny', reason: 'SPOOFED_SOURCE' }))).toEqual({ kind: 'other drop' });
  });

  describe('that was met on the way back', () => {
    const back = { direction: 'ingress', source: '10.1.0.3', destination: '10.1.0.2', port: 40000, sourcePort: 5432 } as const;
    const opened = { flow: { direction: 'egress', pod: 'shop/web', peer: 'shop/db', port: 5432, peerAddress: parseAddress('10.1.0.3') } };

    it.each([
      ['as a reply', { reason: 'REPLY' }],
      ['by a rule of the other direction', { allowedBy: [{ policy: 'shop/web', direction: 'egress', rule: 0 }] } as const],
      ['where nothing isolates the pod', { text: 'no policy isolates the pod for egress' }],
      ['when it was cut', { verdict: 'deny', reason: 'FLOW_CUT' } as const],
    ])('is the one that was opened: %s', (_, more) => {
      expect(decodeFlow(lineOf({ ...back, ...more }))).toMatchObject(opened);
    });

    it('is not taken for one where the rules say otherwise', () => {
      const rule = { policy: 'shop/web', direction: 'ingress', rule: 0 } as const;
      expect(decodeFlow(lineOf({ ...back, allowedBy: [rule] }))).toMatchObject({ flow: { direction: 'ingress', port: 40000 } });
    });
  });
});

describe('a list of flows', () => {
  it('counts what is the same once, and tells lines that are none by their numbers', async () => {
    const list = await listOf('\uFEFF' + lineOf({}), '', lineOf({ time: 'later' }), 'é nonsense', lineOf({ port: 80 }), '{}');
    expect(list.flows.map(({ flow, count }) => [flow.port, count])).toEqual([
      [5432, 2],
      [80, 1],
    ]);
    expect(list.strangers).toEqual([4, 6]);
  });

  it('adds up what was not told', async () => {
    const notice = '{"kind":"suppressed","time":"t","node":"n","pod":null,"count":5}';
    expect(await listOf(notice, notice)).toMatchObject({ suppressed: 10, flows: [], strangers: [] });
  });

  it('may be empty', async () => {
    expect(await listOf('')).toMatchObject({ flows: [], strangers: [] });
  });
});
