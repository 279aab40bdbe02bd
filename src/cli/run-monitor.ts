/** Prints packet events until it has had enough: what they say goes to standard output, what becomes of the connection to standard error. */

import pc from 'picocolors';
import { followEvents } from './follow-events.ts';
import { matchesFilter, matchesPod, type MonitorFilter } from './monitor-filter.ts';
import { formatEvent, formatSuppressed } from './monitor-line.ts';

export interface MonitorOptions {
  readonly socket: string;
  readonly flows: boolean;
  readonly json: boolean;
  readonly filter: MonitorFilter;
  /** Events after which it ends. */
  readonly count?: number;
  readonly seconds?: number;
}

/** Also ends by SIGINT and SIGTERM, and when nobody reads what it prints. */
export async function runMonitor({ socket, flows, json, filter, count = Infinity, seconds }: MonitorOptions): Promise<void> {
  const stop = new AbortController();
  const end = (): void => stop.abort();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, end);
  // Whoever read this has gone (EPIPE): there is nobody to tell.
  process.stdout.on('error', end);
  const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
  const print = (record: object, text: () => string): unknown => process.stdout.write(`${json ? JSON.stringify(record) : text()}\n`);
  const tally = { shown: 0, suppressed: 0 };
  try {
    for await (const followed of followEvents(socket, flows, stop.signal)) {
      switch (followed.kind) {
        case 'event':
          if (!matchesFilter(filter, followed.event)) break;
          print(followed.event, () => formatEvent(followed.event));
          tally.shown += 1;
          break;
        case 'suppressed': {
          const { notice } = followed;
          if (notice.pod !== null && !matchesPod(filter, notice.pod)) break;
          print(notice, () => formatSuppressed(notice));
          tally.suppressed += notice.count;
          break;
        }
        case 'here':
          say(`watching ${flows ? 'drops and new flows' : 'drops'} (${socket})`);
          break;
        case 'gone':
          say('the agent has gone; waiting for the next one (what was enforced stays in force)');
          break;
        case 'back':
          say(`an agent is here; what happened in the ${(followed.awayMs / 1000).toFixed(1)} s between was not told`);
          break;
      }
      if (tally.shown >= count) break;
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
  const suppressed = tally.suppressed === 0 ? '' : `, and ${tally.suppressed} more were not told: too many at once`;
  say(`${tally.shown} event${tally.shown === 1 ? '' : 's'} shown${suppressed}`);
}

function say(text: string): void {
  process.stderr.write(`${pc.dim(text)}\n`);
}
