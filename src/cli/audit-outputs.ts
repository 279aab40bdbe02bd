/** Where the forms of a report go: files, and standard output. */

import { createWriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { InvalidArgumentError } from 'commander';
import { PosternError } from '../model/error.ts';
import { makeFolder } from './make-folder.ts';

export interface OutputFlag {
  readonly format: string;
  /** Absent: standard output, or what `--output-file` says. */
  readonly file?: string;
}

/** `sarif` or `sarif=out.sarif` */
export function parseOutput(text: string, formats: readonly string[]): OutputFlag {
  const equals = text.indexOf('=');
  const [format, file] = equals === -1 ? [text] : [text.slice(0, equals), text.slice(equals + 1)];
  if (!formats.includes(format))
    throw new InvalidArgumentError(`Allowed choices are ${formats.join(', ')}; a file follows as in ${formats[0]}=FILE.`);
  if (file === '') throw new InvalidArgumentError('the file is missing.');
  return file === undefined || file === '-' ? { format } : { format, file };
}

/** Each output with its file, or standard output for one of them at most. Throws `E_USAGE`. */
export function resolveOutputs(
  flags: { readonly output?: readonly OutputFlag[]; readonly outputFile?: string },
  byDefault: string,
): readonly OutputFlag[] {
  const asked = flags.output ?? [{ format: byDefault }];
  const without = asked.filter(({ file }) => file === undefined);
  if (without.length > 1)
    throw new PosternError('E_USAGE', `${without.map(({ format }) => format).join(' and ')} cannot both go to one place`, {
      mend: `give each a file, e.g. -o ${without[0]?.format}=FILE`,
    });
  const { outputFile } = flags;
  if (outputFile !== undefined && without.length === 0)
    throw new PosternError('E_USAGE', 'every output has a file already', { mend: 'leave out --output-file' });
  const outputs = asked.map((output) => (output.file === undefined && outputFile !== undefined ? { ...output, file: outputFile } : output));
  const files = outputs.flatMap(({ file }) => file ?? []);
  const twice = files.find((file, index) => files.indexOf(file) < index);
  if (twice !== undefined)
    throw new PosternError('E_USAGE', 'two outputs have one file', { at: { file: twice }, mend: 'give each a file of its own' });
  return outputs;
}

/** Folders on the way are made. A text that is too large for one comes in pieces. Throws `E_OUTPUT` where the file cannot be written. */
export async function writeOutput({ file }: OutputFlag, text: string | Iterable<string>): Promise<void> {
  const chunks = joinPieces(typeof text === 'string' ? [text] : text);
  if (file === undefined) {
    await writeStandardOutput(chunks);
    return;
  }
  try {
    makeFolder(dirname(file));
    await pipeline(chunks, createWriteStream(file));
  } catch (cause) {
    throw new PosternError('E_OUTPUT', `it cannot be written: ${String((cause as NodeJS.ErrnoException).code ?? cause)}`, {
      at: { file },
      mend: 'name a file in a folder that can be written to',
      cause,
    });
  }
}

/** Characters that are written at once. */
const CHUNK = 1 << 20;

function* joinPieces(pieces: Iterable<string>): Generator<string> {
  let chunk = '';
  for (const piece of pieces) {
    chunk += piece;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** A reader that has seen enough and went away (`| head`) is no error. */
async function writeStandardOutput(chunks: Iterable<string>): Promise<void> {
  // What happens is told to the write itself; without a listener it would also end the process.
  process.stdout.on('error', () => undefined);
  for (const chunk of chunks) if (!(await writeChunk(chunk))) return;
}

/** False where nobody reads any more. */
async function writeChunk(chunk: string): Promise<boolean> {
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  process.stdout.write(chunk, (error: NodeJS.ErrnoException | null | undefined) => {
    if (error === null || error === undefined) resolve(true);
    else if (error.code === 'EPIPE') resolve(false);
    else reject(new PosternError('E_OUTPUT', `standard output cannot be written: ${error.code ?? error.message}`, { cause: error }));
  });
  return await promise;
}

/** People who said NO_COLOR, and whatever is no terminal, get none. */
export function wantsColour(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, TERM } = process.env;
  return stream.isTTY === true && (NO_COLOR ?? '') === '' && TERM !== 'dumb';
}
