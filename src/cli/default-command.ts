/** A command's subcommand that is meant where none is named, as completion needs to know it. */

import type { Command } from 'commander';

const DEFAULTS = new WeakMap<Command, Command>();

export function addDefaultCommand(parent: Command, command: Command): Command {
  DEFAULTS.set(parent, command);
  return parent.addCommand(command, { isDefault: true });
}

export function defaultCommandOf(parent: Command): Command | undefined {
  return DEFAULTS.get(parent);
}
