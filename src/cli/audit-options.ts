/** Options that the subcommands of `postern audit` share. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import { FAIL_ON, type FailOn } from '../audit/report/count-findings.ts';
import { parseOutput, type OutputFlag } from './audit-outputs.ts';

/** What is audited. */
export interface InputFlags {
  readonly cluster?: boolean;
  readonly allNamespaces?: boolean;
  readonly namespace?: readonly string[];
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly allowIncomplete?: boolean;
}

export interface ConfigFlags {
  readonly config?: string;
}

/** In which form, and where to. */
export interface OutputFlags {
  readonly output?: readonly OutputFlag[];
  readonly outputFile?: string;
}

/** What makes the exit code. */
export interface ThresholdFlags {
  readonly failOn: FailOn;
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
}

export function withPaths(command: Command): Command {
  return command.argument(
    '[paths...]',
    'files, folders and globs of manifests; - is standard input, which is read also where none are named',
  );
}

export function withInput(command: Command): Command {
  return command
    .optionsGroup('Input:')
    .option('--cluster', 'the cluster of the kubeconfig; so do the next four where no file is named')
    .option('-A, --all-namespaces', 'the whole cluster')
    .addOption(repeated('-n, --namespace <name>', 'only findings in this namespace; of files: the namespace of objects that name none'))
    .option('--context <name>', 'of the kubeconfig; default its current one')
    .option('--kubeconfig <file>', 'default: KUBECONFIG, else ~/.kube/config')
    .option('--allow-incomplete', 'an input that lacks something is no reason to fail');
}

export function withConfig(command: Command): Command {
  return command
    .optionsGroup('Input:')
    .option('--config <file>', 'severities, ignores and named networks; default: the nearest .postern.yaml');
}

/** The first of `formats` is the default. */
export function withOutput(command: Command, formats: readonly string[]): Command {
  const output = new Option('-o, --output <format[=file]>', 'the form, and a file of its own; may be given again')
    .choices(formats)
    .default(undefined, formats[0])
    .argParser((text: string, before: readonly OutputFlag[] | undefined) => [...(before ?? []), parseOutput(text, formats)]);
  return command.optionsGroup('Output:').addOption(output).option('--output-file <file>', 'in place of standard output');
}

export function withThreshold(command: Command): Command {
  return command
    .optionsGroup('Threshold:')
    .addOption(new Option('--fail-on <severity>', 'the mildest severity that ends with 2').choices(FAIL_ON).default('warning'))
    .option('--baseline <file>', 'findings that it holds are ignored')
    .option('--update-baseline', 'write the findings of now to the baseline, and end with 0');
}

/** Each word is one more. */
export function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text: string, before: readonly string[] | undefined) => {
    if (text === '') throw new InvalidArgumentError('it is empty.');
    return [...(before ?? []), text];
  });
}
