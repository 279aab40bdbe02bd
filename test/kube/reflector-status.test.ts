/** What each resource's reflector says of itself: how often it asked, and what has gone wrong for how long. */

import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { ApiLoss } from '../../src/agent/api-loss.ts';
import type { SourcePart } from '../../src/model/source.ts';
import { eventually, Listener } from './support/listener.ts';

describe('the status of a reflector', () => {
  const parts = (listener: Listener): SourcePart[] => Object.values(listener.source.details);
  const told = (listener: Listener) => (): string => JSON.stringify(listener.source.details);

  it('counts lists and watches, and knows of no failure while all is well', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    await eventually(() => parts(listener).every(({ state }) => state === 'watching'), told(listener));
    expect(listener.source.details['pods']).toMatchObject({ lists: 1, watches: 1, failure: null, failingMs: null });
    listener.server.endWatches();
    await eventually(() => parts(listener).every(({ watches }) => watches >= 2), told(listener));
    expect(listener.source.details['pods']).toMatchObject({ lists: 1, failure: null });
  });

  it('says since when the server is away, until it is heard again; so its loss is told, and its return', async () => {
    await using listener = new Listener();
    await listener.start();
    await listener.agree();
    const lines: string[] = [];
    const loss = new ApiLoss(
      listener.source,
      pino({}, { write: (line: string) => void lines.push((JSON.parse(line) as { msg: string }).msg) }),
    );
    try {
      listener.server.misbehave(() => ({ kind: 'refuse', status: 503, message: 'no backend' }));
      listener.server.endWatches(true);
      await eventually(() => parts(listener).every(({ failure }) => failure === 'E_KUBE_SERVER'), told(listener));
      const before = listener.source.details['pods']?.failingMs ?? 0;
      await eventually(() => (listener.source.details['pods']?.failingMs ?? 0) > before + 50, told(listener));
      await eventually(
        () => loss.lostMs !== undefined,
        () => lines.join('\n'),
      );
      listener.server.misbehave();
      await eventually(() => parts(listener).every(({ failure, failingMs }) => failure === null && failingMs === null), told(listener));
      loss.look();
      expect([loss.lostMs, loss.losses]).toEqual([undefined, 1]);
      expect(lines).toEqual([
        'the API server is away; what was enforced stays in force',
        expect.stringMatching(/^the API server is back after \d+ s$/),
      ]);
    } finally {
      loss.stop();
    }
  });

  it('names what one resource is refused for, which is no loss of the server', async () => {
    await using listener = new Listener();
    listener.server.misbehave(({ path }) => (path.endsWith('/services') ? { kind: 'refuse', status: 403, message: 'no' } : undefined));
    await listener.start();
    await eventually(() => listener.source.details['services']?.failure === 'E_KUBE_FORBIDDEN', told(listener));
    expect(listener.source.details['pods']?.failure).toBeNull();
  });
});
