/** `postern audit test` as people run it: inputs, forms, exit codes. */

import { describe, expect, it } from 'vitest';
import { AuditFolder, type Ended } from './audit-folder.ts';
import { SHOP } from './audit-manifests.ts';

const HOLDING = `assertions:
  - name: web reaches the database
    allow: { from: shop/web, to: shop/db, port: 5432 }
  - name: nobody else does
    to: shop/db
    onlyFrom: [web, { outside: office }]
`;
const FAILING = `assertions:
  - name: the bank reaches it, too
    allow: { from: bank/api, to: shop/db, port: 5432 }
`;

const folder = AuditFolder.use({
  'shop.yaml': SHOP,
  'holding.yaml': HOLDING,
  'failing.yaml': FAILING,
  'bad.yaml': 'assertions:\n  - name: a\n    alow: {}\n  - 7\n',
  'broken-policy.yaml': 'kind: NetworkPolicy\n: {',
  '.postern.yaml': 'networks: { office: [203.0.113.0/24] }\npodCIDRs: [10.9.0.0/16]\n',
});
const test = (args: readonly string[], input = ''): Ended => folder.audit(['test', ...args], { input });

describe('a test of assertions', () => {
  it('ends with 0 where all hold', () => {
    const { code, out, err } = test(['holding.yaml', '--input', 'shop.yaml', '-n', 'shop']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe('✔ web reaches the database\n✔ nobody else does\n\n2 of 2 assertions hold\n');
  });

  it('ends with 2 where some do not, and names them', () => {
    const { code, out } = test(['holding.yaml', 'failing.yaml', '--input', 'shop.yaml', '-n', 'shop', '-q']);
    expect(code).toBe(2);
    expect(out).toContain('✘ the bank reaches it, too  failing.yaml:2:5');
    expect(out).toContain('2 of 3 assertions hold, 1 does not');
  });

  it('ends with 2 where one cannot be judged', () => {
    const { code, out } = test(['holding.yaml', '--input', 'shop.yaml']);
    expect(code).toBe(2);
    expect(out).toContain('nothing in the input is called web');
  });

  it('ends with 3 where something is missing, unless that is allowed', () => {
    const args = ['holding.yaml', '-i', 'shop.yaml', '-i', 'broken-policy.yaml', '-n', 'shop'];
    const { code, out } = test(args);
    expect(code).toBe(3);
    expect(out).toContain('What makes the answer less than whole:');
    expect(test([...args, '--allow-incomplete']).code).toBe(0);
    expect(test(['failing.yaml', ...args.slice(1)]).code).toBe(2);
  });

  it('ends with 1 and tells all that is wrong with a file, and judges nothing', () => {
    const { code, out, err } = test(['holding.yaml', 'bad.yaml', '--input', 'shop.yaml', '-n', 'shop']);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([
      'postern: bad.yaml:3: assertions[0].alow: the key "alow" is not known here (did you mean allow?) [E_TEST]',
      expect.stringMatching(/^postern: bad\.yaml:4: assertions\[1\]: the number 7 is no assertion .*\[E_TEST\]$/),
    ]);
  });

  it.each([
    ['assertions that are not there', ['none.yaml', '--input', 'shop.yaml'], 'E_TEST'],
    ['an input that is not there', ['failing.yaml', '--input', 'none.yaml'], 'E_MANIFEST_READ'],
    ['a network that nothing names', ['holding.yaml', '--input', 'shop.yaml', '--config', 'shop.yaml'], 'E_CONFIG'],
    ['nothing through the pipe', ['failing.yaml'], 'E_INPUT_EMPTY'],
  ])('ends with 1 for %s', (_, args, code) => {
    const ended = test(args);
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(ended.err).toMatch(new RegExp(`\\[${code}\\]\\n$`));
  });

  it('takes what is piped in, and a snapshot', () => {
    expect(test(['failing.yaml'], SHOP).code).toBe(2);
    folder.audit(['snapshot', 'shop.yaml', '-o', 'kept.json']);
    expect(test(['holding.yaml', '--input', 'kept.json', '-n', 'shop']).code).toBe(0);
  });

  it('writes several forms at once', () => {
    const { out } = test(['failing.yaml', '-i', 'shop.yaml', '-o', 'junit=out/t.xml', '-o', 'json=out/t.json', '-o', 'github']);
    expect(out).toMatch(/^::error file=failing\.yaml,line=2,col=5,title=the bank reaches it%2C too::it is denied/);
    expect(folder.read('out/t.xml')).toContain('failures="1"');
    expect((JSON.parse(folder.read('out/t.json')) as { counts: object }).counts).toEqual({
      assertions: 1,
      hold: 0,
      fail: 1,
      error: 0,
    });
  });
});
