/** What may stand where the cursor is, by the tree of commands and options. */

import type { Argument, Command, Option } from 'commander';
import { defaultCommandOf } from './default-command.ts';

export interface Suggestion {
  readonly value: string;
  readonly description: string;
}

export interface Completion {
  /** Those that begin with what is typed already. */
  readonly suggestions: readonly Suggestion[];
  /** Names of files fit, too. */
  readonly files: boolean;
  /** What of the last word stands before what is completed: `--output=`. Suggestions are without it. */
  readonly prefix: string;
}

/** `words`: those after the program's name; the last one is being typed, and may be empty. */
export function completeWords(program: Command, words: readonly string[]): Completion {
  const last = words.at(-1) ?? '';
  const state = walk(program, words.slice(0, -1));
  if (state.option !== undefined) return completeValue(state.option, '', last);
  if (state.operandsOnly) return completeOperand(state, last);
  const assignment = /^(--[^=]+=)(.*)$/s.exec(last);
  if (assignment !== null) {
    const [, prefix = '', value = ''] = assignment;
    const option = optionOf(state.command, prefix.slice(0, -1));
    return option === undefined || !takesValue(option) ? NOTHING : completeValue(option, prefix, value);
  }
  return last.startsWith('-') ? completeOption(state.command, last) : completeOperand(state, last);
}

const NOTHING: Completion = { suggestions: [], files: false, prefix: '' };

interface Position {
  readonly command: Command;
  /** How many operands stand before the last word, names of commands not counted. */
  readonly operands: number;
  /** It waits for its value. */
  readonly option: Option | undefined;
  /** After `--`. */
  readonly operandsOnly: boolean;
}

function walk(program: Command, words: readonly string[]): Position {
  let command = program;
  let operands = 0;
  let option: Option | undefined;
  for (const [index, word] of words.entries()) {
    if (option !== undefined) {
      option = undefined;
    } else if (word === '--') {
      return { command, operands: operands + words.length - index - 1, option, operandsOnly: true };
    } else if (word.startsWith('-') && word !== '-') {
      const found = optionOf(command, word);
      option = found !== undefined && found.required ? found : undefined;
    } else {
      const next = operands === 0 ? command.commands.find((one) => one.name() === word || one.aliases().includes(word)) : undefined;
      if (next === undefined) operands++;
      else command = next;
    }
  }
  return { command, operands, option, operandsOnly: false };
}

function completeValue(option: Option, prefix: string, typed: string): Completion {
  const choices = option.argChoices ?? [];
  // A form of output with its file: `sarif=out.sarif`.
  const assigned = option.flags.includes('=') ? /^([^=]+=)(.*)$/s.exec(typed) : null;
  if (assigned !== null) return { suggestions: [], files: true, prefix: prefix + (assigned[1] ?? '') };
  return { suggestions: begin(typed, choices.map(bare)), files: choices.length === 0 && isFile(option.flags), prefix };
}

function completeOption(command: Command, typed: string): Completion {
  const all = reachable(command).flatMap((one) => one.createHelp().visibleOptions(one));
  const names = all.flatMap(({ long, short, description }) => {
    // A lone dash offers both, two dashes the long names.
    const shown = typed.startsWith('--') ? [long] : [short, long];
    return shown.filter((name) => name !== undefined).map((value) => ({ value, description }));
  });
  return { suggestions: begin(typed, unique(names)), files: false, prefix: '' };
}

function completeOperand({ command, operands, operandsOnly }: Position, typed: string): Completion {
  const names =
    operands > 0 || operandsOnly
      ? []
      : command
          .createHelp()
          .visibleCommands(command)
          .map((one) => ({ value: one.name(), description: one.description() }));
  const argument = reachable(command)
    .map((one) => argumentAt(one, operands))
    .find((one) => one !== undefined);
  const choices = argument?.argChoices ?? [];
  return {
    suggestions: begin(typed, [...names, ...choices.map(bare)]),
    files: argument !== undefined && isFile(argument.name()),
    prefix: '',
  };
}

function argumentAt(command: Command, index: number): Argument | undefined {
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[index] ?? (last?.variadic === true ? last : undefined);
}

/** The command, and the one that is meant where none of its own is named. */
function reachable(command: Command): Command[] {
  const meant = defaultCommandOf(command);
  return meant === undefined ? [command] : [command, meant];
}

function optionOf(command: Command, name: string): Option | undefined {
  return reachable(command)
    .flatMap(({ options }) => options)
    .find(({ short, long }) => name === short || name === long);
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** By the name that people read in the help. */
function isFile(name: string): boolean {
  return /\b(files?|paths?|dir|folder|program|kubeconfig)\b/.test(name.replace(/^(-\w, )?--[\w-]+/, ''));
}

function begin(typed: string, all: readonly Suggestion[]): Suggestion[] {
  return all.filter(({ value }) => value.startsWith(typed));
}

function unique(all: readonly Suggestion[]): Suggestion[] {
  return [...new Map(all.map((one) => [one.value, one])).values()];
}

function bare(value: string): Suggestion {
  return { value, description: '' };
}
