/** Our entry in CNI configurations as text: what its owners wrote stays, byte for byte. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addEntry, hasEntry, PLUGIN_TYPE, removeEntry, wrapInList } from '../../src/cni/plugin-list.ts';

const ENTRY = { type: PLUGIN_TYPE, socket: '/run/postern/n1/agent.sock' } as const;
const FLANNEL = `{
  "name": "cbr0",
  "cniVersion": "0.3.1",
  "plugins": [
    {
      "type": "flannel",
      "delegate": { "hairpinMode": true, "isDefaultGateway": true }
    },
    {
      "type": "portmap",
      "capabilities": { "portMappings": true }
    }
  ]
}
`;

interface List {
  readonly plugins: readonly Readonly<Record<string, unknown>>[];
}

const plugins = (text: string): List['plugins'] => (JSON.parse(text) as List).plugins;

/** Lists as people and programs write them: with keys and texts that look like ours, in any order, with any space. */
const anyList = fc
  .record({
    before: fc.dictionary(fc.string(), fc.jsonValue()),
    plugins: fc.array(fc.dictionary(fc.oneof(fc.string(), fc.constant('plugins'), fc.constant('socket')), fc.jsonValue()), {
      minLength: 1,
    }),
    after: fc.dictionary(fc.constantFrom('disableCheck', 'x]', '{"', '"plugins":['), fc.jsonValue()),
    indent: fc.oneof(fc.nat({ max: 4 }), fc.constant('\t')),
    around: fc.constantFrom('', '\n', ' \r\n'),
  })
  .map(({ before, plugins: chain, after, indent, around }) => {
    const typed = chain.map((plugin, index) => ({ ...plugin, type: `p${index}` }));
    const list = { ...before, cniVersion: '1.0.0', name: 'n', plugins: typed, ...after };
    return around + JSON.stringify(list, undefined, indent) + around;
  });

describe('our entry in a list of plugins', () => {
  it('comes last, spaced as the others are', () => {
    const text = addEntry(FLANNEL, ENTRY);
    expect(plugins(text).map(({ type }) => type)).toEqual(['flannel', 'portmap', PLUGIN_TYPE]);
    expect(text).toContain(`    },\n    ${JSON.stringify(ENTRY)}\n  ]`);
  });

  it('goes without a trace, whatever the list is', () => {
    fc.assert(
      fc.property(anyList, (text) => {
        const added = addEntry(text, ENTRY);
        expect(plugins(added)).toEqual([...plugins(text), ENTRY]);
        expect(addEntry(added, ENTRY)).toBe(added);
        expect([hasEntry(text), hasEntry(added)]).toEqual([false, true]);
        expect(removeEntry(added)).toBe(text);
        expect(removeEntry(text)).toBe(text);
      }),
    );
  });

  it('is written anew where the agent has another socket, and still goes without a trace', () => {
    const other = addEntry(addEntry(FLANNEL, ENTRY), { ...ENTRY, socket: '/run/other.sock' });
    expect(plugins(other).at(-1)).toEqual({ ...ENTRY, socket: '/run/other.sock' });
    expect(removeEntry(other)).toBe(FLANNEL);
  });

  it('is found wherever the owner has put it since, in any form, and nothing else goes with it', () => {
    fc.assert(
      fc.property(anyList, fc.nat(), fc.nat({ max: 3 }), (text, at, indent) => {
        const list = JSON.parse(addEntry(text, ENTRY)) as { plugins: object[] };
        const ours = list.plugins.pop() ?? {};
        const before = JSON.stringify(list);
        list.plugins.splice(at % (list.plugins.length + 1), 0, { ...ours, added: 'by the owner' });
        const edited = JSON.stringify(list, undefined, indent);
        expect(JSON.stringify(JSON.parse(removeEntry(edited)))).toBe(before);
        expect(plugins(addEntry(edited, ENTRY)).at(-1)).toEqual(ENTRY);
        expect(plugins(addEntry(edited, ENTRY)).filter(({ type }) => type === PLUGIN_TYPE)).toHaveLength(1);
      }),
    );
  });

  it.each([
    ['half of a file', FLANNEL.slice(0, 90)],
    ['nothing', ''],
    ['no object', '[]'],
    ['no plugins', '{"cniVersion":"1.0.0","name":"n"}'],
    ['plugins that are none', '{"cniVersion":"1.0.0","plugins":[1]}'],
    ['no plugin in them', '{"cniVersion":"1.0.0","plugins":[]}'],
    ['plugins twice', '{"cniVersion":"1.0.0","plugins":[{"type":"a"}],"plugins":[{"type":"b"}]}'],
    ['a version without chains', '{"cniVersion":"0.2.0","plugins":[{"type":"a"}]}'],
    ['no version', '{"plugins":[{"type":"a"}]}'],
  ])('is refused where there is %s', (_, text) => {
    expect(() => addEntry(text, ENTRY)).toThrow(expect.objectContaining({ code: 'E_CNI_CONFIG' }));
  });
});

describe('a configuration of one plugin', () => {
  it('becomes a list of it and ours', () => {
    const single = '{ "cniVersion": "0.4.0", "name": "net", "type": "bridge", "ipam": { "type": "host-local" } }\n';
    expect(JSON.parse(wrapInList(single, ENTRY))).toEqual({ cniVersion: '0.4.0', name: 'net', plugins: [JSON.parse(single), ENTRY] });
  });

  it.each(['{}', '{"cniVersion":"0.4.0","name":"net"}', '{"name":"net","type":"bridge"}', 'x'])('is refused where it is %s', (text) => {
    expect(() => wrapInList(text, ENTRY)).toThrow(expect.objectContaining({ code: 'E_CNI_CONFIG' }));
  });
});
