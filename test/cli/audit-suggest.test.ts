/** `postern audit suggest` as people run it: a list of flows goes in, policies come out that other commands read. */

import { describe, expect, it } from 'vitest';
import { lineOf } from '../audit/suggest/flow-lines.ts';
import { AuditFolder, type Ended } from './audit-folder.ts';
import { SHOP_PODS } from './audit-manifests.ts';

const FLOWS = `${lineOf({})}\n${lineOf({ peer: '203.0.113.9', destination: '203.0.113.9', port: 443 })}\n`;

const folder = AuditFolder.use({ 'shop.yaml': SHOP_PODS, 'flows.jsonl': FLOWS });
const audit = (args: readonly string[], input = ''): Ended => folder.audit(args, { input });
const suggest = (...args: string[]): Ended => audit(['suggest', ...args]);
const namesIn = (text: string): string[] => [...text.matchAll(/^ {2}name: (.*)$/gm)].map(([, name = '']) => name);

describe('suggested policies', () => {
  it('come out as YAML, and allow what was seen and nothing beside it', () => {
    const { code, out, err } = suggest('--flows', 'flows.jsonl', 'shop.yaml', '-o', 'made/policies.yaml');
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'postern: no policy, because no flow was seen, for Pod bank/api\n' });
    const asked = (source: string, destination: string): Ended =>
      audit(['explain', source, destination, 'shop.yaml', 'made/policies.yaml', '--fail-on', 'denied']);
    expect(asked('shop/web', 'shop/db:5432').code).toBe(0);
    expect(asked('shop/web', '203.0.113.9:443').code).toBe(0);
    expect(asked('shop/web', 'shop/db:5433').code).toBe(2);
    expect(asked('shop/web', '203.0.113.10:443').code).toBe(2);
    expect(asked('bank/api', 'shop/db:5432').code).toBe(2);
    const text = folder.read('made/policies.yaml');
    expect(text).toMatch(/^# the least that 2 flows of flows\.jsonl need, for the workloads of shop\.yaml\n/);
    expect(namesIn(text)).toEqual(['db-ingress', 'db-egress', 'web-ingress', 'web-egress']);
  });

  it('are of flows from standard input, and of workloads from there, but not of both', () => {
    const whole = suggest('--flows', 'flows.jsonl', 'shop.yaml').out;
    expect(audit(['suggest', '--flows', '-', 'shop.yaml'], FLOWS).out).toBe(whole.replace('flows.jsonl', 'standard input'));
    expect(audit(['suggest', '--flows', 'flows.jsonl'], SHOP_PODS).out).toBe(whole.replace('of shop.yaml', 'of standard input'));
    for (const args of [[], ['-'], ['shop.yaml', '-']])
      expect(audit(['suggest', '--flows', '-', ...args], FLOWS).err).toContain('[E_USAGE]');
  });

  it('are of the snapshot of an input as of the input', () => {
    audit(['snapshot', 'shop.yaml', '-o', 'snapshot.json']);
    const [first, ...rest] = suggest('--flows', 'flows.jsonl', 'snapshot.json').out.split('\n');
    expect(first).toContain('shop.yaml');
    expect(rest).toEqual(suggest('--flows', 'flows.jsonl', 'shop.yaml').out.split('\n').slice(1));
  });

  it('are of the workloads, the direction and the networks that are asked for', () => {
    const { out } = suggest(
      '--flows',
      'flows.jsonl',
      'shop.yaml',
      '--workload',
      'shop/web',
      '--direction',
      'egress',
      '--cidr-prefix',
      '24',
    );
    expect(namesIn(out)).toEqual(['web-egress']);
    expect(out).toContain('cidr: 203.0.113.0/24');
  });

  it('end with 3 where flows lack something, and say what', () => {
    folder.write('odd.jsonl', `${FLOWS}nonsense\n\n${lineOf({ peer: 'shop/gone' })}\n{"kind":"suppressed","count":7}\n`);
    const { code, out, err } = suggest('--flows', 'odd.jsonl', 'shop.yaml', '--workload', 'shop/web');
    expect(code).toBe(3);
    expect(err.trimEnd().split('\n')).toEqual([
      'postern: odd.jsonl: 1 line is no flow: line 3',
      'postern: odd.jsonl: 7 flows not told, being too many at once',
      'postern: the input does not say whose these are, so that their flows are left out: pod shop/gone (1 flow)',
    ]);
    expect(out).toContain('# odd.jsonl: 1 line is no flow: line 3');
    expect(suggest('--flows', 'odd.jsonl', 'shop.yaml', '--allow-incomplete').code).toBe(0);
  });

  it('say that there are none', () => {
    folder.write('empty.jsonl', '');
    const { code, out } = suggest('--flows', 'empty.jsonl', 'shop.yaml');
    expect(code).toBe(0);
    expect(out).toContain('# there is nothing to suggest\n');
    expect(namesIn(out)).toEqual([]);
  });

  it.each([
    ['neither flows nor skeletons', ['shop.yaml'], 'E_USAGE'],
    ['both of them', ['shop.yaml', '--flows', 'flows.jsonl', '--skeleton'], 'E_USAGE'],
    ['skeletons of a workload', ['shop.yaml', '--skeleton', '--workload', 'shop/web'], 'E_USAGE'],
    ['flows that are not there', ['shop.yaml', '--flows', 'none.jsonl'], 'E_FLOWS'],
    ['flows that are a folder', ['shop.yaml', '--flows', '.'], 'E_FLOWS'],
    ['a workload that is not there', ['shop.yaml', '--flows', 'flows.jsonl', '--workload', 'shop/wbe'], 'E_AUDIT_END'],
    ['an address for a workload', ['shop.yaml', '--flows', 'flows.jsonl', '--workload', '203.0.113.9'], 'E_AUDIT_END'],
    ['an output below a file', ['shop.yaml', '--flows', 'flows.jsonl', '-o', 'shop.yaml/x'], 'E_OUTPUT'],
  ])('end with 1, and one line that says why, for %s', (_, args, code) => {
    const ended = suggest(...args);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(new RegExp(`^postern: .+ \\[${code}\\]\\n$`));
  });

  it.each(['33', '24,129', 'x', '-1', '24,'])('know no prefix of the length %s', (length) => {
    expect(suggest('shop.yaml', '--flows', 'flows.jsonl', `--cidr-prefix=${length}`)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^error: /) as string,
    });
  });
});

describe('skeletons', () => {
  it('come out as YAML, and once they are there nothing more is suggested', () => {
    const { code, err } = suggest('--skeleton', 'shop.yaml', '-o', 'skeletons.yaml');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(namesIn(folder.read('skeletons.yaml'))).toEqual(['default-deny', 'allow-dns', 'default-deny', 'allow-dns']);
    const again = suggest('--skeleton', 'shop.yaml', 'skeletons.yaml');
    expect(again.code).toBe(0);
    expect(again.out).toContain('# there is nothing to suggest\n');
  });
});
