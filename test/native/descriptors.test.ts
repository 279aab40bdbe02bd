/** Objects by descriptor: pins, ids, what the kernel says of them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as native from '../../native/index.js';
import { BpfFolder } from './support/bpf-folder.ts';
import { compileObject } from './support/compile-object.ts';
import { obstacle } from './support/kernel-access.ts';

describe.skipIf(obstacle !== undefined)('a descriptor', () => {
  let folder: BpfFolder;
  let object: native.LoadedObject;
  let map: number;
  let program: number;

  beforeAll(() => {
    folder = new BpfFolder();
    object = native.loadObject(compileObject('programs'), { name: 'test', skipPrograms: ['refused'] });
    map = object.maps['flows']!.fd;
    program = object.programs['count_packet']!.fd;
  });

  afterAll(() => {
    for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
    folder[Symbol.dispose]();
  });

  it('of a map tells its shape', () => {
    expect(native.mapInfo(map)).toMatchObject({ type: 1, keySize: 8, valueSize: 24, maxEntries: 16, flags: 0, name: 'flows' });
  });

  it('of a program tells its tag and its maps', () => {
    const info = native.programInfo(program);
    expect(info).toMatchObject({ type: 3, name: 'count_packet', tag: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(info.mapIds).toContain(native.mapInfo(map).id);
    expect(info.jitedBytes).toBe(object.programs['count_packet']!.jitedBytes);
  });

  it('is found again by id and by pin', () => {
    const path = `${folder.path}/flows`;
    native.pin(map, path);
    const copies = [native.openPinned(path), native.mapById(native.mapInfo(map).id)];
    for (const copy of copies) {
      expect(native.mapInfo(copy)).toEqual(native.mapInfo(map));
      native.close(copy);
    }
    const again = native.programById(native.programInfo(program).id);
    expect(native.programInfo(again)).toEqual(native.programInfo(program));
    native.close(again);
  });

  it('names the path or id that did not work', () => {
    const path = `${folder.path}/taken`;
    native.pin(map, path);
    expect(() => native.pin(map, path)).toThrow(expect.objectContaining({ code: 'EEXIST', operation: 'BPF_OBJ_PIN', object: path }));
    expect(() => native.openPinned(`${folder.path}/none`)).toThrow(expect.objectContaining({ code: 'ENOENT', operation: 'BPF_OBJ_GET' }));
    expect(() => native.pin(map, '/tmp/no-bpf-file-system')).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(() => native.mapById(0xfffffff0)).toThrow(expect.objectContaining({ code: 'ENOENT', object: 'id 4294967280' }));
    expect(() => native.openPinned('/tmp/\0zero')).toThrow(TypeError);
  });

  it('cannot be closed twice', () => {
    const copy = native.mapById(native.mapInfo(map).id);
    native.close(copy);
    expect(() => native.close(copy)).toThrow(
      expect.objectContaining({ code: 'EBADF', errno: 9, operation: 'close', object: `fd ${copy}` }),
    );
  });
});
