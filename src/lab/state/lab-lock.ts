/** One command at a time changes a lab; a command that was killed leaves a lock that no longer counts. */

import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PosternError } from '../../model/error.ts';
import { labPaths } from './lab-paths.ts';
import { noSuchLab } from './lab-state.ts';
import { identifyProcess, isRunning, type ProcessId } from '../processes/processes.ts';

const PATIENCE_MS = 20_000;

/** As `withLabLock`, for the lab that is to be made: makes its folder. */
export async function withNewLabLock<T>(lab: string, work: () => Promise<T>): Promise<T> {
  await mkdir(labPaths(lab).dir, { recursive: true });
  return withLabLock(lab, work);
}

/** `E_LAB_BUSY` where somebody else holds the lab for longer than 20 s, `E_LAB_NONE` where there is none. */
export async function withLabLock<T>(lab: string, work: () => Promise<T>): Promise<T> {
  const { lock } = labPaths(lab);
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await tryLock(lab, lock))) {
    const holder = await readHolder(lock);
    if (holder === undefined || !isRunning(holder)) {
      await rm(lock, { force: true });
    } else if (performance.now() > deadline) {
      throw new PosternError('E_LAB_BUSY', `process ${holder.pid} is changing the lab "${lab}"`, { mend: 'wait for it, or end it' });
    } else {
      await sleep(50);
    }
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLock(lab: string, path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify(identifyProcess(process.pid)));
    await file.close();
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (code === 'ENOENT') throw noSuchLab(lab);
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
