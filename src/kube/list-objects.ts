/** Lists a resource in pages. */

import { isRecord, listAt, recordAt, textAt, type JsonRecord } from '../model/decode/fields.ts';
import { PageTooLargeError, refusal } from './api-error.ts';
import { messageOf, parseRecord, versionOf } from './api-object.ts';
import type { ApiServer } from './api-server.ts';
import { readWhole } from './read-body.ts';
import type { ListedResource } from './resources.ts';

export interface Page {
  readonly items: readonly JsonRecord[];
  /** Of the list as a whole: watches begin there. */
  readonly version: string;
}

export interface ListOptions {
  /** Objects in a page; fewer where objects are large. */
  readonly pageSize: number;
  readonly idleMs: number;
}

const LARGEST_PAGE = 64 << 20;

/** All pages are of one version. Throws `ExpiredError` where it took too long for that, or an error of `api-error.ts`. */
export async function* listObjects(
  server: ApiServer,
  resource: ListedResource,
  options: ListOptions,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next: string | undefined;
  let limit = options.pageSize;
  for (;;) {
    const query = { limit: String(limit), ...(next === undefined ? {} : { continue: next }) };
    const response = await server.get(resource.path, query, signal);
    try {
      const text = await readWhole(response, LARGEST_PAGE, options.idleMs);
      if (response.statusCode !== 200) throw refusal(resource, response.statusCode ?? 0, messageOf(text));
      const list = parseRecord(text);
      const metadata = recordAt(list, 'metadata', 'metadata');
      yield {
        items: listAt(list, 'items', 'items').filter(isRecord),
        version: versionOf(list),
      };
      next = textAt(metadata, 'continue', 'metadata.continue');
      if (next === undefined) return;
    } catch (error) {
      if (!(error instanceof PageTooLargeError) || limit === 1) throw error;
      limit = Math.ceil(limit / 4);
    }
  }
}
