/** Loading objects: maps and programs handed over, options applied, refusals explained. */

import { afterEach, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { readU32, u32 } from './support/bytes.ts';
import { compileObject } from './support/compile-object.ts';
import { obstacle } from './support/kernel-access.ts';

describe.skipIf(obstacle !== undefined)('loading an object', () => {
  const elf = obstacle === undefined ? compileObject('programs') : Buffer.alloc(0);
  const packet = new Uint8Array(64);
  const opened: native.LoadedObject[] = [];

  function load(options: Partial<native.LoadOptions> = {}): native.LoadedObject {
    const object = native.loadObject(elf, { name: 'test', skipPrograms: ['refused'], ...options });
    opened.push(object);
    return object;
  }

  afterEach(() => {
    for (const object of opened.splice(0)) {
      for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
    }
  });

  it('hands over every map and program by its name in the source', () => {
    const object = load();
    expect(Object.keys(object.maps).toSorted()).toEqual(['.bss', '.rodata', '.rodata.settings', 'counters', 'events', 'flows']);
    expect(object.maps['flows']).toMatchObject({ type: 1, keySize: 8, valueSize: 24, maxEntries: 16 });
    expect(Object.keys(object.programs).toSorted()).toEqual(['accept_all', 'answer_plain', 'count_packet', 'emit_event']);
    expect(object.programs['count_packet']!.verifiedInstructions).toBeGreaterThan(10);
    expect(object.programs['count_packet']!.jitedBytes).toBeGreaterThan(0);
    expect(object.log).toBe('');
  });

  it('sizes a map and sets the first bytes of read-only data', () => {
    const object = load({ maps: { flows: { maxEntries: 99 }, '.rodata.settings': { initialValue: u32(5) } } });
    expect(object.maps['flows']!.maxEntries).toBe(99);
    expect(native.testRun(object.programs['count_packet']!.fd, { data: packet }).returnValue).toBe(5);
    const settings = new Uint8Array(8);
    native.mapGet(object.maps['.rodata.settings']!.fd, u32(0), settings);
    expect(readU32(settings)).toEqual([5, 7]);
  });

  it('sets plain read-only data too', () => {
    const object = load({ maps: { '.rodata': { initialValue: u32(11) } } });
    expect(native.testRun(object.programs['answer_plain']!.fd, { data: packet }).returnValue).toBe(11);
  });

  it('uses a given map instead of a new one', () => {
    const first = load();
    const key = new Uint8Array([64, 0, 0, 0, 0, 0, 6, 0]);
    native.mapPut(first.maps['flows']!.fd, key, new Uint8Array(24));
    const second = load({ maps: { flows: { reuseFd: first.maps['flows']!.fd } } });
    native.testRun(second.programs['count_packet']!.fd, { data: packet });
    const value = new Uint8Array(24);
    native.mapGet(first.maps['flows']!.fd, key, value);
    expect(value[0]).toBe(1);
    expect(native.mapInfo(second.maps['flows']!.fd).id).toBe(native.mapInfo(first.maps['flows']!.fd).id);
  });

  it('gives the verifier statistics on request', () => {
    expect(load({ logLevel: 4 }).log).toMatch(/processed \d+ insns/);
  });

  it('explains a refused program with the verifier log', () => {
    expect(() => load({ skipPrograms: [] })).toThrow(
      expect.objectContaining({
        code: 'EACCES',
        errno: 13,
        operation: 'BPF_PROG_LOAD',
        object: 'test',
        log: expect.stringContaining('invalid access to packet'),
      }),
    );
  });

  it('refuses maps and programs that the object lacks, and values that do not fit', () => {
    expect(() => load({ maps: { nothing: { maxEntries: 1 } } })).toThrow(expect.objectContaining({ code: 'ENOENT', object: 'nothing' }));
    expect(() => load({ skipPrograms: ['nothing'] })).toThrow(expect.objectContaining({ code: 'ENOENT', object: 'nothing' }));
    expect(() => load({ maps: { '.rodata': { initialValue: new Uint8Array(5) } } })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
    expect(() => load({ maps: { flows: { initialValue: new Uint8Array(5) } } })).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  });

  it('refuses what is no ELF object', () => {
    expect(() => native.loadObject(new Uint8Array(64), { name: 'zeroes' })).toThrow(
      expect.objectContaining({ operation: 'bpf_object__open', object: 'zeroes' }),
    );
  });

  it('tells where the members of a struct stand', () => {
    expect(native.structLayout(elf, 'value')).toEqual({
      '': [0, 24],
      packets: [0, 8],
      word: [8, 4],
      low: [8, 2],
      high: [10, 2],
      last: [12, 8],
    });
    expect(() => native.structLayout(elf, 'nothing')).toThrow(expect.objectContaining({ code: 'ENOENT', object: 'nothing' }));
  });

  it('answers wrong arguments with a TypeError', () => {
    const loose = native as unknown as Record<string, (...args: unknown[]) => unknown>;
    expect(() => loose['loadObject']!('text', { name: 'x' })).toThrow(TypeError);
    expect(() => loose['loadObject']!(elf)).toThrow(TypeError);
    expect(() => loose['loadObject']!(elf, { name: 'x', skipPrograms: 'refused' })).toThrow(TypeError);
    expect(() => loose['loadObject']!(elf, { name: 'x', maps: { flows: { maxEntries: 'many' } } })).toThrow(TypeError);
    expect(() => loose['close']!('3')).toThrow('close: fd must be a 32-bit number');
  });
});
