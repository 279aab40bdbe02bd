/** Reads what an audit is about from files, folders, patterns and standard input. */

import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { PlacedObject } from '../../manifests/manifests.ts';
import { decodeText, readError } from '../../manifests/read-file.ts';
import { PosternError } from '../../model/error.ts';
import { assembleInput } from './assemble-input.ts';
import type { AuditInput, PassedOver } from './audit-input.ts';
import type { AuditObject } from './audit-object.ts';
import { createAuditDecoder } from './decode-audit-object.ts';
import { findInputFiles, STANDARD_INPUT, type InputFile } from './find-input-files.ts';
import { mayHoldObject, parseAuditFile, type AuditFile } from './parse-audit-file.ts';

export interface ReadAuditOptions {
  /** Of objects that name none; `default` by default. */
  readonly namespace?: string;
  /** What `-` reads; the process's own by default. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** Bytes of one file: a cluster of a hundred thousand pods, as kubectl prints it, is larger, and should be asked for itself. */
const LARGEST_FILE = 400 << 20;

/**
 * Never throws for bad input: what cannot be read is a problem (`E_MANIFEST_SYNTAX`, `E_MANIFEST_READ`, `E_MANIFEST_SIZE`, `E_MANIFEST_TEMPLATE`,
 * `E_MANIFEST_DUPLICATE`, `E_OBJECT_FIELD`, `E_OBJECT_KIND`, `E_OBJECT_VERSION`, `E_OBJECT_PARTIAL`, `E_IGNORE`), and the rest is read.
 */
export async function readAuditInput(paths: readonly string[], options: ReadAuditOptions = {}): Promise<AuditInput> {
  const { files, problems } = findInputFiles(paths);
  const decode = createAuditDecoder(options.namespace);
  const read: AuditFile[] = [];
  for (const file of files) {
    const text = await readText(file, options);
    read.push(typeof text === 'string' ? parseAuditFile(text, nameOfFile(file), decode, file.isNamed) : text);
  }
  return assembleInput({
    name: nameInput(paths),
    objects: read.flatMap(({ objects }): readonly PlacedObject<AuditObject>[] => objects),
    problems: [...problems, ...read.flatMap((file) => file.problems)],
    policiesComplete: problems.length === 0 && read.every(({ policiesComplete }) => policiesComplete),
    passedOver: countPassedOver(read),
  });
}

function nameInput(paths: readonly string[]): string {
  const names = paths.map((path) => (path === STANDARD_INPUT ? 'standard input' : path));
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`;
}

function nameOfFile({ path }: InputFile): string {
  return path === STANDARD_INPUT ? '<stdin>' : path;
}

function countPassedOver(files: readonly AuditFile[]): PassedOver {
  const kinds: Record<string, number> = {};
  for (const kind of files.flatMap(({ otherKinds }) => otherKinds)) kinds[kind] = (kinds[kind] ?? 0) + 1;
  return { documents: files.reduce((sum, { strangers }) => sum + strangers, 0), kinds };
}

/** The text, or what comes of a file that has none. */
async function readText(file: InputFile, options: ReadAuditOptions): Promise<string | AuditFile> {
  const name = nameOfFile(file);
  let bytes: Uint8Array;
  try {
    bytes = file.path === STANDARD_INPUT ? await readStream(options.stdin ?? process.stdin, name) : await readBytes(file.path);
  } catch (error) {
    return unreadable(name, error instanceof PosternError ? error : readError(name, error));
  }
  try {
    return decodeText(bytes, name);
  } catch (error) {
    if (!(error instanceof PosternError)) throw error;
    // UTF-16 has a zero beside each letter.
    const words = Buffer.from(bytes.subarray(0, 1 << 20))
      .toString('latin1')
      .replaceAll('\0', '');
    return file.isNamed || mayHoldObject(words)
      ? unreadable(name, error)
      : { ...unreadable(name, error), problems: [], policiesComplete: true, strangers: 1 };
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  const stats = statSync(path);
  // Pipes and devices do not say how much they will give.
  if (!stats.isFile()) return readStream(createReadStream(path), path);
  if (stats.size > LARGEST_FILE) throw sizeError(path);
  return readFileSync(path);
}

async function readStream(stream: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > LARGEST_FILE) throw sizeError(name);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function unreadable(file: string, error: PosternError): AuditFile {
  return { file, objects: [], problems: [error], policiesComplete: false, strangers: 0, otherKinds: [] };
}

function sizeError(file: string): PosternError {
  return new PosternError('E_MANIFEST_SIZE', `it has more than ${LARGEST_FILE >> 20} MiB, and is not read`, {
    at: { file },
    mend: 'give it in pieces, or let postern ask the cluster itself',
  });
}
