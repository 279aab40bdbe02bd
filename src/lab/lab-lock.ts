/** One command at a time changes a lab; a command that was killed leaves a lock that no longer counts. */

import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../model/error.ts';
import { labPaths } from './lab-paths.ts';
import { identifyProcess, isRunning, type ProcessId } from './processes.ts';

const PATIENCE_MS = 20_000;

/** `E_LAB_BUSY` where another process holds the lab for longer than 20 s. Makes the lab's folder. */
export async function withLabLock<T>(lab: string, work: () => Promise<T>): Promise<T> {
  const { dir, lock } = labPaths(lab);
  const deadline = performance.now() + PATIENCE_MS;
  await mkdir(dir, { recursive: true });
  while (!(await tryLock(lock))) {
    const holder = await readHolder(lock);
    if (holder === undefined || !isRunning(holder)) {
      await rm(lock, { force: true });
    } else if (performance.now() > deadline) {
      throw new PosternError('E_LAB_BUSY', `process ${holder.pid} is changing the lab "${lab}"`, { mend: 'wait for it, or end it' });
    } else {
      await sleep(50);
      await mkdir(dir, { recursive: true });
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(identifyProcess(process.pid)));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<ProcessId | undefined> {
  // The holder writes its name right after it made the file: an empty file is looked at again before it is called abandoned.
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text !== '') return JSON.parse(text) as ProcessId;
    await sleep(10);
  }
  return undefined;
}
