/** Ring buffers: records on the event loop and at once, closing at any moment. */

import { execFileSync } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { readU32 } from './support/bytes.ts';
import { compileObject } from './support/compile-object.ts';
import { obstacle } from './support/kernel-access.ts';

describe.skipIf(obstacle !== undefined)('a ring buffer', () => {
  let object: native.LoadedObject;
  let events: number;

  beforeAll(() => {
    object = native.loadObject(compileObject('programs'), { name: 'test', skipPrograms: ['refused'] });
    events = object.maps['events']!.fd;
  });

  afterAll(() => {
    for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
  });

  function emit(length: number, repeat = 1): void {
    native.testRun(object.programs['emit_event']!.fd, { data: new Uint8Array(length), repeat });
  }

  it('is drained at once', () => {
    emit(60);
    emit(61);
    expect(native.ringDrain(events).map((record) => readU32(record)[0])).toEqual([60, 61]);
    expect(native.ringDrain(events)).toEqual([]);
  });

  it('calls back with every record, at most 1,024 at a time', async () => {
    const batches: number[] = [];
    const listener = native.ringOpen(events, (records) => batches.push(records.length));
    emit(64, 5000);
    while (batches.reduce((sum, count) => sum + count, 0) < 5000) await setTimeout(1);
    expect(batches).toEqual([1024, 1024, 1024, 1024, 904]);
    emit(64);
    while (batches.length < 6) await setTimeout(1);
    expect(batches.at(-1)).toBe(1);
    listener.close();
  });

  it('hands over copies', async () => {
    const kept: Buffer[] = [];
    const listener = native.ringOpen(events, (records) => kept.push(...records));
    for (let length = 100; length < 110; length += 1) {
      emit(length);
      while (kept.length < length - 99) await setTimeout(1);
    }
    listener.close();
    expect(kept.map((record) => readU32(record)[0])).toEqual([100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
  });

  it('calls back no more once closed, also from within the callback', async () => {
    let calls = 0;
    const listener = native.ringOpen(events, () => {
      calls += 1;
      listener.close();
      listener.close();
    });
    emit(64, 3000);
    await setTimeout(50);
    expect(calls).toBe(1);
    listener.close();
    expect(native.ringDrain(events)).toHaveLength(3000 - 1024);
  });

  it("goes on after the map's descriptor is closed", async () => {
    const other = native.loadObject(compileObject('programs'), { name: 'test', skipPrograms: ['refused'] });
    const lengths: number[] = [];
    const listener = native.ringOpen(other.maps['events']!.fd, (records) => lengths.push(...records.map((record) => readU32(record)[0]!)));
    for (const { fd } of Object.values(other.maps)) native.close(fd);
    native.testRun(other.programs['emit_event']!.fd, { data: new Uint8Array(77) });
    while (lengths.length === 0) await setTimeout(1);
    expect(lengths).toEqual([77]);
    listener.close();
    for (const { fd } of Object.values(other.programs)) native.close(fd);
  });

  it('is refused where the map is of another kind', () => {
    expect(() => native.ringOpen(object.maps['flows']!.fd, () => {})).toThrow(
      expect.objectContaining({ code: 'EINVAL', operation: 'ring_buffer__new', log: expect.stringContaining('not BPF_MAP_TYPE_RINGBUF') }),
    );
  });

  it.each([
    ['keeps the event loop alive until it is closed', 'open', 'records 1, closed'],
    ['turns an exception of the callback into an uncaught one', 'throw', 'uncaught from the callback'],
    ['ends with a worker that never closed it', 'worker', 'worker ended 0'],
  ])('%s', (_, what, printed) => {
    const script = new URL('scenarios/ring-life.ts', import.meta.url).pathname;
    expect(execFileSync(process.execPath, [script, what], { encoding: 'utf8', timeout: 20_000 }).trim()).toBe(printed);
  });
});
