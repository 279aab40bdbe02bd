#!/usr/bin/env node
/** `postern`: the command line. */

import { makeProgram } from './cli/commands.ts';
import { formatError, PosternError } from './model/error.ts';

try {
  const program = await makeProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PosternError)) throw error;
  console.error(`postern: ${formatError(error)}`);
  process.exitCode = 1;
}
