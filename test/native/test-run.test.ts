/** Running programs on given packets. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { readU32, u32 } from './support/bytes.ts';
import { compileObject } from './support/compile-object.ts';
import { obstacle } from './support/kernel-access.ts';

describe.skipIf(obstacle !== undefined)('a test run', () => {
  let object: native.LoadedObject;
  let program: number;

  beforeAll(() => {
    object = native.loadObject(compileObject('programs'), { name: 'test', skipPrograms: ['refused'] });
    program = object.programs['count_packet']!.fd;
  });

  afterAll(() => {
    for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
  });

  it('gives the return value and nothing else unless asked', () => {
    const result = native.testRun(program, { data: new Uint8Array(64) });
    expect(result).toEqual({ returnValue: 2, duration: expect.any(Number) });
  });

  it('gives negative return values as unsigned numbers', () => {
    expect(native.testRun(object.programs['emit_event']!.fd, { data: new Uint8Array(64) }).returnValue).toBe(0xffffffff);
  });

  it('gives packet and context back on request', () => {
    const data = new Uint8Array(70).map((_byte, index) => index);
    const result = native.testRun(program, { data, context: u32(0, 0, 1), output: true });
    expect([...result.data!]).toEqual([...data]);
    expect(readU32(result.context!)[2]).toBe(7);
    expect(native.testRun(program, { data, output: true })).not.toHaveProperty('context');
  });

  it('repeats', () => {
    const counter = object.maps['.bss']!.fd;
    const before = native.mapDump(counter).values.readUInt32LE();
    expect(native.testRun(program, { data: new Uint8Array(64), repeat: 1000 }).duration).toBeLessThan(100_000);
    expect(native.mapDump(counter).values.readUInt32LE() - before).toBe(1000);
  });

  it('is counted and timed while statistics are on', () => {
    const statistics = native.enableStatistics();
    const before = native.programInfo(program);
    native.testRun(program, { data: new Uint8Array(64), repeat: 100 });
    const after = native.programInfo(program);
    native.close(statistics);
    expect(after.runs - before.runs).toBe(100);
    expect(after.runNanoseconds).toBeGreaterThan(before.runNanoseconds);
  });

  it('refuses a packet shorter than an Ethernet header', () => {
    expect(() => native.testRun(program, { data: new Uint8Array(4) })).toThrow(
      expect.objectContaining({ code: 'EINVAL', operation: 'BPF_PROG_TEST_RUN' }),
    );
  });
});
