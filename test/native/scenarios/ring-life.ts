/** The life of a ring buffer's listener against that of its process: run with `open`, `throw` or `worker`. */

import { isMainThread, Worker } from 'node:worker_threads';
import * as native from '../../../native/index.js';
import { compileObject } from '../support/compile-object.ts';

const what = process.argv[2];

function openAndEmit(onRecords: (records: Buffer[]) => void): native.Listener {
  const object = native.loadObject(compileObject('programs'), { name: 'test', skipPrograms: ['refused'] });
  const listener = native.ringOpen(object.maps['events']!.fd, onRecords);
  native.testRun(object.programs['emit_event']!.fd, { data: new Uint8Array(64) });
  return listener;
}

if (!isMainThread) {
  openAndEmit(() => process.exit());
} else if (what === 'open') {
  const listener = openAndEmit((records) => {
    setTimeout(() => {
      listener.close();
      console.log(`records ${records.length}, closed`);
    }, 100).unref();
  });
} else if (what === 'throw') {
  const listener = openAndEmit(() => {
    throw new Error('from the callback');
  });
  process.on('uncaughtException', (error) => {
    console.log(`uncaught ${error.message}`);
    listener.close();
  });
} else {
  new Worker(new URL(import.meta.url)).on('exit', (code) => console.log(`worker ended ${code}`));
}
