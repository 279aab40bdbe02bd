#!/usr/bin/env node
/** `postern`: the command line. */

import { makeProgram } from './cli/commands.ts';
import { formatError, PosternError } from './model/error.ts';

try {
  const program = await makeProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  console.error(`postern: ${describe(error)}`);
  process.exitCode = 1;
}

/** The addon's loader knows no class of ours, and says the same: what is wrong, how to mend it, and a code. Anything else is a fault, and thrown. */
function describe(error: unknown): string {
  if (error instanceof PosternError) return formatError(error);
  if (error instanceof Error && 'code' in error && error.code === 'E_ADDON') return `${error.message} [E_ADDON]`;
  throw error;
}
