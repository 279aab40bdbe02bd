#!/usr/bin/env node
/** `postern`: the command line. */

import { Command } from 'commander';
import { agentCommand } from './cli/agent.ts';
import { cniCommand } from './cli/cni.ts';
import { enforcementCommand } from './cli/enforcement.ts';
import { labCommand } from './cli/lab.ts';
import { monitorCommand } from './cli/monitor.ts';
import { statusCommand } from './cli/status.ts';
import { formatError, PosternError } from './model/error.ts';
import { VERSION } from './model/version.ts';

const program = new Command('postern')
  .description('Kubernetes NetworkPolicy enforcement with eBPF, beside any CNI')
  .version(VERSION)
  .showHelpAfterError()
  .addCommand(agentCommand())
  .addCommand(statusCommand())
  .addCommand(monitorCommand())
  .addCommand(enforcementCommand())
  .addCommand(cniCommand())
  .addCommand(labCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof PosternError)) throw error;
  console.error(`postern: ${formatError(error)}`);
  process.exitCode = 1;
}
