/** Runs a files source and remembers what it told, in words. */

import { onTestFinished } from 'vitest';
import { filesSource } from '../../src/manifests/files-source.ts';
import type { FilesSourceOptions } from '../../src/manifests/files-source.ts';
import type { PosternError } from '../../src/model/error.ts';
import { objectKey } from '../../src/model/objects.ts';
import type { ClusterObject, NetworkPolicyObject } from '../../src/model/objects.ts';
import type { ClusterEvent, ObservedSource } from '../../src/model/source.ts';

export interface Running {
  readonly source: ObservedSource;
  /** One element for each call of `events`. */
  readonly calls: ClusterEvent[][];
  readonly problems: PosternError[];
  readonly synced: () => number;
  /** What a listener believes, in words. */
  readonly state: () => readonly string[];
  readonly objects: () => Iterable<ClusterObject>;
  readonly policy: (key: string) => NetworkPolicyObject | undefined;
  /** The events since the last question, in words: `+Pod default/a`. */
  readonly news: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Only watches and rescans look, unless the test says otherwise. */
const NEVER = 1e6;

export function run(directory: string, options: FilesSourceOptions = { rescanEvery: NEVER }): Running {
  const source = filesSource(directory, options);
  const calls: ClusterEvent[][] = [];
  const problems: PosternError[] = [];
  const known = new Map<string, ClusterEvent & { type: 'upsert' }>();
  let synced = 0;
  let asked = 0;
  const abort = new AbortController();
  const done = source.run(
    {
      events: (events) => {
        calls.push([...events]);
        for (const event of events) {
          if (event.type === 'upsert') known.set(`${event.object.kind} ${objectKey(event.object)}`, event);
          else known.delete(`${event.kind} ${event.key}`);
        }
      },
      synced: () => {
        synced += 1;
      },
      problem: (problem) => problems.push(problem),
    },
    abort.signal,
  );
  const stop = async (): Promise<void> => {
    abort.abort();
    await done;
  };
  onTestFinished(stop);
  return {
    source,
    calls,
    problems,
    synced: () => synced,
    state: () => [...known.keys()].toSorted(),
    objects: () => Array.from(known.values(), ({ object }) => object),
    policy: (key) => known.get(`NetworkPolicy ${key}`)?.object as NetworkPolicyObject | undefined,
    news: () => {
      const fresh = calls.slice(asked).flat();
      asked = calls.length;
      return fresh.map((event) =>
        event.type === 'upsert' ? `+${event.object.kind} ${objectKey(event.object)}` : `-${event.kind} ${event.key}`,
      );
    },
    stop,
  };
}
