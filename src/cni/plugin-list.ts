/** Edits the plugins of a CNI network configuration list as text, so that every byte that is not ours stays as its owner wrote it. */

import { PosternError } from '../model/error.ts';

export const PLUGIN_TYPE = 'postern-cni';

/** Our element of `plugins`. */
export interface PluginEntry {
  readonly type: typeof PLUGIN_TYPE;
  /** Of the agent, on the host. */
  readonly socket: string;
}

/** Offsets of an element of `plugins`. */
interface Element {
  readonly start: number;
  readonly end: number;
  readonly type: unknown;
}

/** The first version in which plugins are chained. */
const CHAINED = [0, 3, 0] as const;

/** The list with our entry as the last of its plugins, which all have done their work by then. Throws `E_CNI_CONFIG` for what is no such list. */
export function addEntry(text: string, entry: PluginEntry): string {
  const elements = readElements(text);
  const [ours, another] = elements.filter(isOurs);
  const written = JSON.stringify(entry);
  if (ours !== undefined && another === undefined && ours === elements.at(-1)) {
    const same = JSON.stringify(JSON.parse(text.slice(ours.start, ours.end))) === written;
    return same ? text : text.slice(0, ours.start) + written + text.slice(ours.end);
  }
  if (ours !== undefined) return addEntry(removeEntry(text), entry);
  const last = elements.at(-1);
  if (last === undefined) throw unfit('its "plugins" are empty');
  const space = /\s*$/.exec(text.slice(0, last.start))?.[0] ?? '';
  return `${text.slice(0, last.end)},${space}${written}${text.slice(last.end)}`;
}

/** The list without our entries: as it was before `addEntry`, byte for byte, if nobody else has edited it since. */
export function removeEntry(text: string): string {
  const elements = readElements(text);
  const index = elements.findLastIndex(isOurs);
  const ours = elements[index];
  if (ours === undefined) return text;
  const [before, after] = [elements[index - 1], elements[index + 1]];
  const [start, end] = before !== undefined ? [before.end, ours.end] : [ours.start, after?.start ?? ours.end];
  return removeEntry(text.slice(0, start) + text.slice(end));
}

export function hasEntry(text: string): boolean {
  return readElements(text).some(isOurs);
}

/** A list of one plugin and ours, for a configuration that is none. Throws `E_CNI_CONFIG` for what is no configuration of one plugin. */
export function wrapInList(text: string, entry: PluginEntry): string {
  const { cniVersion, name, type } = parseObject(text);
  requireVersion(cniVersion);
  if (typeof type !== 'string' || typeof name !== 'string') throw unfit('it has no "type" or no "name"');
  return `{"cniVersion":${JSON.stringify(cniVersion)},"name":${JSON.stringify(name)},"plugins":[\n${text.trim()},\n${JSON.stringify(entry)}]}\n`;
}

/** In order. Throws `E_CNI_CONFIG`. */
function readElements(text: string): readonly Element[] {
  const { cniVersion, plugins } = parseObject(text);
  requireVersion(cniVersion);
  if (!Array.isArray(plugins)) throw unfit('it has no "plugins"');
  if (!plugins.every((plugin) => typeof plugin === 'object' && plugin !== null && !Array.isArray(plugin)))
    throw unfit('one of its "plugins" is no object');
  const spans = findElements(text);
  if (spans.length !== plugins.length) throw unfit('it has "plugins" twice');
  return spans.map(([start, end], index) => ({ start, end, type: (plugins as { type?: unknown }[])[index]?.type }));
}

function isOurs({ type }: Element): boolean {
  return type === PLUGIN_TYPE;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unfit(cause instanceof Error ? cause.message : String(cause));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unfit('it is no JSON object');
  return value as Readonly<Record<string, unknown>>;
}

function requireVersion(version: unknown): void {
  const numbers = typeof version === 'string' && /^\d+\.\d+\.\d+$/.test(version) ? version.split('.').map(Number) : [0, 0, 0];
  const difference = CHAINED.map((least, index) => (numbers[index] ?? 0) - least).find((one) => one !== 0) ?? 0;
  if (difference < 0) throw unfit(`plugins are chained from cniVersion 0.3.0 on, and it has ${JSON.stringify(version) ?? 'none'}`);
}

/** Offsets of the objects in the lists at the key `plugins` of the outermost object of a valid JSON text. */
function findElements(text: string): (readonly [start: number, end: number])[] {
  const found: [number, number][] = [];
  let depth = 0;
  let start = 0;
  let inPlugins = false;
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{}[\]]/gs)) {
    const first = token[0];
    if (first === '"') {
      if (depth === 1 && token.endsWith(':')) inPlugins = JSON.parse(token.slice(0, -1)) === 'plugins';
    } else if (first === '{' || first === '[') {
      if (depth === 2 && inPlugins) start = index;
      depth += 1;
    } else {
      depth -= 1;
      if (depth === 2 && inPlugins) found.push([start, index + 1]);
    }
  }
  return found;
}

function unfit(why: string): PosternError {
  return new PosternError('E_CNI_CONFIG', `not a CNI configuration to which a plugin can be added: ${why}`, {
    mend: 'mend the file, or what writes it: the container runtime reads it, too',
  });
}
