/** The exit code of a command that cannot do what it was asked. */

import { formatError, PosternError } from '../model/error.ts';
import { tell } from './tell.ts';

/** An error that a person reads is printed and ends the command with `exitCode`; any other is a fault, and thrown. */
export async function failWith(exitCode: number, run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    tell(formatError(error));
    process.exitCode = exitCode;
  }
}
