/** The tables that user space keeps of the program's bytes and numbers, against the compiled object and its source. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import * as layout from '../../src/datapath/layout.ts';
import { closePrograms, loadPrograms, readPolicyObject, type LoadedPrograms } from '../../src/datapath/load-programs.ts';
import { CONFIG_OPEN, CONFIG_UNSET, PORT_SET_ALL, PORT_SET_NONE } from '../../src/model/plan.ts';
import { REASON_SLOTS, REASONS } from '../../src/model/reasons.ts';
import { needsKernel } from '../support/requires.ts';

/** Members that user space leaves alone. */
const UNSEEN = /^zero$/;

function source(header: string): string {
  return readFileSync(new URL(`../../bpf/${header}`, import.meta.url), 'utf8');
}

/** The number of a `#define`. */
function define(header: string, name: string): number {
  const value = new RegExp(`^#define ${name}\\s+(.+?)(?:\\s*/\\*.*)?$`, 'm').exec(source(header))?.[1] ?? '';
  return Number(value);
}

describe('the layout of the maps', needsKernel, () => {
  const elf = readPolicyObject();

  it.each(Object.entries(layout.LAYOUT))('struct %s', (struct, mirrored) => {
    const compiled = Object.entries(native.structLayout(elf, struct)).filter(([member]) => !UNSEEN.test(member));
    expect(Object.fromEntries(compiled)).toMatchObject(mirrored);
    const unread = compiled.map(([member]) => member).filter((member) => !(member in mirrored));
    expect(
      unread.filter((member) => !isPart(compiled, mirrored, member)),
      'members that the table lacks',
    ).toEqual([]);
  });

  it('packets of events are written as they are read', () => {
    const bytes = new Uint8Array(layout.LAYOUT.event[''][1]);
    bytes.forEach((_, index) => (bytes[index] = index + 1));
    const view = new DataView(bytes.buffer);
    view.setUint8(layout.LAYOUT.event.verdict[0], 2);
    view.setUint8(layout.LAYOUT.event.direction[0], 1);
    const event = layout.decodeEvent(bytes);
    expect(event).toMatchObject({ verdict: 'would-deny', direction: 'egress' });
    expect(event.time).toBe(view.getBigUint64(layout.LAYOUT.event.time[0], true));
    expect(event.length).toBe(view.getUint32(layout.LAYOUT.event.length[0], true));
    expect(event.reason).toBe(bytes[layout.LAYOUT.event.reason[0]]);
    expect(event.protocol).toBe(bytes[layout.LAYOUT.event.protocol[0]]);
  });

  it('verdicts and reserved numbers are the same on both sides', () => {
    expect(source('types.h')).toContain('enum verdict { DENY = 0, ALLOW = 1, WOULD_DENY = 2 };');
    expect(layout.VERDICT_NUMBER).toEqual({ deny: 0, allow: 1, 'would-deny': 2 });
    expect([define('endpoint.h', 'CONFIG_UNSET'), define('endpoint.h', 'CONFIG_OPEN')]).toEqual([CONFIG_UNSET, CONFIG_OPEN]);
    expect([define('ruleset.h', 'PORT_SET_NONE'), define('ruleset.h', 'PORT_SET_ALL')]).toEqual([PORT_SET_NONE, PORT_SET_ALL]);
    expect([define('counters.h', 'COUNTER_SLOTS'), define('reasons.h', 'REASON_SLOTS')]).toEqual([layout.COUNTER_SLOTS, REASON_SLOTS]);
  });

  it('reasons have the same numbers, names and texts', () => {
    const rows = [...source('reasons.h').matchAll(/REASON\((\d+), (\w+), "([^"]*)"\)/g)].map(([, number, name, text]) => ({
      number: Number(number),
      name,
      text,
    }));
    expect(rows).toEqual(REASONS.map(({ name, text }, number) => ({ number, name, text })));
    expect(rows.length).toBeLessThanOrEqual(REASON_SLOTS);
  });
});

/** A view into a member that the table names otherwise: an anonymous union's other face. */
function isPart(compiled: readonly (readonly [string, readonly [number, number]])[], mirrored: object, member: string): boolean {
  const find = (name: string): readonly [number, number] | undefined => compiled.find(([other]) => other === name)?.[1];
  const own = find(member);
  return Object.keys(mirrored).some((name) => {
    const other = name === '' ? undefined : find(name);
    return own !== undefined && other !== undefined && own[0] < other[0] + other[1] && other[0] < own[0] + own[1];
  });
}

/** enum bpf_map_type (linux/bpf.h) */
const TYPE = { hash: 1, array: 2, percpuArray: 6, lruHash: 9, lpmTrie: 11, ringBuffer: 27 } as const;

describe('the maps as the kernel made them', needsKernel, () => {
  let loaded: LoadedPrograms;
  beforeAll(() => {
    loaded = loadPrograms();
  });
  afterAll(() => closePrograms(loaded.object));

  const size = (struct: keyof typeof layout.LAYOUT): number => layout.LAYOUT[struct][''][1];

  it.each([
    { map: 'endpoints', type: TYPE.array, key: 4, value: 8, rows: () => define('endpoint.h', 'ENDPOINT_SLOTS') },
    { map: 'far_endpoints', type: TYPE.hash, key: 4, value: 8, rows: undefined },
    { map: 'configs', type: TYPE.array, key: 4, value: size('endpoint_config'), rows: () => define('endpoint.h', 'CONFIG_ROWS') },
    { map: 'ipcache', type: TYPE.hash, key: 16, value: size('identity_row'), rows: undefined },
    { map: 'prefixes', type: TYPE.lpmTrie, key: size('prefix_key'), value: 4, rows: undefined },
    { map: 'pairs', type: TYPE.hash, key: size('pair_key'), value: size('port_set_ref'), rows: undefined },
    { map: 'ports', type: TYPE.hash, key: size('port_key'), value: 4, rows: undefined },
    { map: 'frontends', type: TYPE.hash, key: size('frontend_key'), value: 4, rows: undefined },
    { map: 'local_pods', type: TYPE.hash, key: 16, value: 4, rows: undefined },
    {
      map: 'conntrack',
      type: TYPE.lruHash,
      key: size('flow_key'),
      value: size('flow'),
      rows: () => define('conntrack.h', 'CONNTRACK_ROWS'),
    },
    { map: 'conntrack_header', type: TYPE.array, key: 4, value: size('conntrack_header'), rows: () => 1 },
    { map: 'counters', type: TYPE.percpuArray, key: 4, value: size('endpoint_counters'), rows: () => layout.COUNTER_SLOTS },
    { map: 'runtime', type: TYPE.array, key: 4, value: size('runtime'), rows: () => 1 },
    { map: 'events', type: TYPE.ringBuffer, key: 0, value: 0, rows: undefined },
    { map: 'fragments', type: TYPE.lruHash, key: undefined, value: undefined, rows: undefined },
  ])('$map', ({ map, type, key, value, rows }) => {
    const made = loaded.object.maps[map];
    expect(made?.type).toBe(type);
    if (key !== undefined) expect([made?.keySize, made?.valueSize]).toEqual([key, value]);
    if (rows !== undefined) expect(made?.maxEntries).toBe(rows());
  });

  it('the far side of the array of endpoints begins where user space thinks', () => {
    const slots = /ENDPOINT_SLOTS = ([\d_]+)/.exec(
      readFileSync(new URL('../../src/datapath/kernel-maps.ts', import.meta.url), 'utf8'),
    )?.[1];
    expect(Number(slots?.replaceAll('_', ''))).toBe(define('endpoint.h', 'ENDPOINT_SLOTS'));
  });

  it('there are no others', () => {
    expect(
      Object.keys(loaded.object.maps)
        .filter((map) => !map.startsWith('.'))
        .toSorted(),
    ).toEqual(
      [
        'endpoints',
        'far_endpoints',
        'configs',
        'ipcache',
        'prefixes',
        'pairs',
        'ports',
        'frontends',
        'local_pods',
        'conntrack',
        'conntrack_header',
        'counters',
        'runtime',
        'events',
        'fragments',
      ].toSorted(),
    );
  });
});
