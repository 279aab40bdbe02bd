/** One watch of a resource, until the server ends it. */

import { recordAt, textAt, type JsonRecord } from '../model/decode/fields.ts';
import { refusal } from './api-error.ts';
import type { ApiServer } from './api-server.ts';
import { messageOf, parseRecord, versionOf } from './api-object.ts';
import { readLines, readWhole } from './read-body.ts';
import type { Resource } from './resources.ts';

export interface WatchEvent {
  /** A bookmark tells the version alone. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: JsonRecord;
  /** The watch can go on from here. */
  readonly version: string;
}

export interface WatchOptions {
  /** After which the server is to end the watch; it does so of itself, too. */
  readonly seconds: number;
  /** Silence that means that the peer is dead. Bookmarks come about once a minute. */
  readonly idleMs: number;
}

/** Far more than etcd lets an object have. */
const LONGEST_LINE = 64 << 20;
const LONGEST_REFUSAL = 1 << 20;

/** Events as they come, those that came together in one batch, after an empty one that says that the server watches. Throws `ExpiredError` or an error of `api-error.ts`. */
export async function* watchObjects(
  server: ApiServer,
  resource: Resource,
  version: string,
  options: WatchOptions,
  signal: AbortSignal,
): AsyncGenerator<readonly WatchEvent[]> {
  const query = { watch: '1', allowWatchBookmarks: 'true', resourceVersion: version, timeoutSeconds: String(options.seconds) };
  const response = await server.get(resource.path, query, signal);
  if (response.statusCode !== 200) {
    const text = await readWhole(response, LONGEST_REFUSAL, options.idleMs);
    throw refusal(resource, response.statusCode ?? 0, messageOf(text));
  }
  yield [];
  for await (const lines of readLines(response, LONGEST_LINE, options.idleMs)) {
    const events: WatchEvent[] = [];
    let refused: Error | undefined;
    for (const line of lines) {
      const { type, object } = readEvent(line);
      if (type === 'ERROR') {
        refused = refusal(resource, Number(object['code']), textAt(object, 'message', 'message') ?? '');
        break;
      }
      events.push({
        type,
        object,
        version: versionOf(object),
      });
    }
    if (events.length > 0) yield events;
    if (refused !== undefined) throw refused;
  }
}

function readEvent(line: string): { type: WatchEvent['type'] | 'ERROR'; object: JsonRecord } {
  const event = parseRecord(line);
  return { type: event['type'] as WatchEvent['type'] | 'ERROR', object: recordAt(event, 'object', 'object') };
}
