/** Events: each problem is told once and again while it lasts, by one of many nodes, and whatever the API server does stays without consequence. */

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { EVENT_DEFAULTS, KubeEvents, type EventOptions } from '../../src/kube/events.ts';
import type { PosternError } from '../../src/model/error.ts';
import type { Notice } from '../../src/model/notice.ts';
import { FakeApiServer } from './support/fake-api-server.ts';
import { connect, eventually } from './support/listener.ts';

const QUICK: EventOptions = { ...EVENT_DEFAULTS, spreadMs: 0, firstWaitMs: 1, longestWaitMs: 5 };

function policyNotice(message = 'does not fit', name = 'web'): Notice {
  return { about: { kind: 'NetworkPolicy', namespace: 'shop', name, uid: `uid-${name}` }, reason: 'PolicyRefused', message, shared: true };
}

function podNotice(name: string): Notice {
  return {
    about: { kind: 'Pod', namespace: 'shop', name, uid: `uid-${name}` },
    reason: 'PodNotEnforced',
    message: 'macvlan',
    shared: false,
  };
}

class Teller implements AsyncDisposable {
  readonly events: KubeEvents;
  readonly problems: PosternError[] = [];
  readonly #stop = new AbortController();
  readonly #run: Promise<void>;

  private constructor(events: KubeEvents) {
    this.events = events;
    this.#run = events.run((problem) => this.problems.push(problem), this.#stop.signal);
  }

  static async at(server: FakeApiServer, node = 'node-1', options: Partial<EventOptions> = {}): Promise<Teller> {
    return new Teller(new KubeEvents(await connect(server), node, { ...QUICK, ...options }));
  }

  show(...notices: readonly Notice[]): void {
    this.events.show(new Map(notices.map((notice) => [notice.about.name, notice])));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#run;
  }
}

/** Who names an Event by the hour finds the same hour all through the test. */
function stopTheClock(): void {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
}

/** Long enough for what would be told to have come. */
const silence = (): Promise<void> => sleep(100);

async function expectEvents(server: FakeApiServer, count: number): Promise<void> {
  await eventually(
    () => server.events.length >= count,
    () => `${server.events.length} events`,
  );
  await silence();
  expect(server.events).toHaveLength(count);
}

describe('a problem', () => {
  it('is told once, as a warning on its object', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server);
    teller.show(policyNotice());
    await eventually(
      () => server.events.length > 0,
      () => 'nothing was told',
    );
    teller.show(policyNotice());
    await expectEvents(server, 1);
    expect(server.events[0]).toMatchObject({
      metadata: { namespace: 'shop' },
      involvedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace: 'shop', name: 'web', uid: 'uid-web' },
      type: 'Warning',
      reason: 'PolicyRefused',
      message: 'does not fit',
      count: 1,
      source: { component: 'postern', host: 'node-1' },
      reportingComponent: 'postern',
      reportingInstance: 'node-1',
    });
  });

  it('is told again when it is another', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server);
    teller.show(policyNotice('one'));
    await expectEvents(server, 1);
    teller.show(policyNotice('two'));
    await expectEvents(server, 2);
  });

  it('is told again after a while, counted, with the time of the first', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server, 'node-1', { repeatMs: 1000 });
    teller.show(policyNotice());
    await eventually(
      () => server.events.length === 3,
      () => `${server.events.length} events`,
    );
    expect(server.events.map((event) => event['count'])).toEqual([1, 2, 3]);
    expect(new Set(server.events.map((event) => event['firstTimestamp'])).size).toBe(1);
    expect(server.events[2]?.['lastTimestamp']).not.toBe(server.events[2]?.['firstTimestamp']);
  });

  it('is not told any more once it is mended', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server, 'node-1', { spreadMs: 60_000 });
    teller.show(policyNotice());
    teller.show();
    teller.show(podNotice('web'));
    await expectEvents(server, 1);
    expect(server.events[0]).toMatchObject({ reason: 'PodNotEnforced' });
  });

  it('that every node sees is told by one of them, and one of a single node by that node', async () => {
    stopTheClock();
    using server = new FakeApiServer();
    await using stack = new AsyncDisposableStack();
    for (let index = 0; index < 20; index += 1) {
      const teller = stack.use(await Teller.at(server, `node-${index}`));
      teller.show(policyNotice(), podNotice(`pod-${index}`));
    }
    await expectEvents(server, 21);
    const told = Map.groupBy(server.events, (event) => String(event['reason']));
    expect([told.get('PolicyRefused')?.length, told.get('PodNotEnforced')?.length]).toEqual([1, 20]);
  });

  it('that was told by an agent of before is not told again by its successor', async () => {
    stopTheClock();
    using server = new FakeApiServer();
    {
      await using teller = await Teller.at(server);
      teller.show(podNotice('web'));
      await expectEvents(server, 1);
    }
    await using successor = await Teller.at(server);
    successor.show(podNotice('web'));
    await expectEvents(server, 1);
    expect(successor.problems).toEqual([]);
  });

  it('of a Node, and of an object with the longest name, are Events that the API server takes', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server);
    const long = `${'a'.repeat(229)}.${'b'.repeat(23)}`;
    const ofNode: Notice = {
      about: { kind: 'Node', name: 'n', uid: 'n' },
      reason: 'EnforcementUnknown',
      message: 'x'.repeat(5000),
      shared: false,
    };
    teller.show(ofNode, policyNotice('long', long));
    await expectEvents(server, 2);
    const [ofPolicy, ofNodeToo] = server.events;
    expect(ofPolicy).toMatchObject({ involvedObject: { name: long } });
    expect(ofNodeToo).toMatchObject({ metadata: { namespace: 'default' }, involvedObject: { kind: 'Node', name: 'n' } });
    expect(String(ofNodeToo?.['message'])).toHaveLength(1024);
  });
});

describe('many problems', () => {
  it('are told a few at once, and then one after the other', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server, 'node-1', { bucket: { size: 5, refillMs: 60_000 } });
    teller.show(...Array.from({ length: 40 }, (_, index) => podNotice(`pod-${index}`)));
    await expectEvents(server, 5);
  });

  it('are told of policies first, and of what is new before what is told again', async () => {
    using server = new FakeApiServer();
    await using teller = await Teller.at(server, 'node-1', { bucket: { size: 2, refillMs: 300 }, repeatMs: 400 });
    teller.show(podNotice('pod-1'), podNotice('pod-2'), podNotice('pod-3'), policyNotice());
    await eventually(
      () => server.events.length === 2,
      () => `${server.events.length} events`,
    );
    await sleep(450);
    teller.show(podNotice('pod-1'), podNotice('pod-2'), podNotice('pod-3'), policyNotice(), policyNotice('new', 'other'));
    await eventually(
      () => server.events.length >= 6,
      () => `${server.events.length} events`,
    );
    const names = server.events.map((event) => (event['involvedObject'] as { name: string }).name);
    expect(names[0]).toBe('web');
    expect(names.indexOf('other')).toBeLessThan(names.indexOf('web', 1));
  });
});

describe('where Events cannot be created', () => {
  it('for want of the right to, that is said once, and what to grant', async () => {
    using server = new FakeApiServer();
    server.misbehave(() => ({ kind: 'refuse', status: 403, message: 'events is forbidden' }));
    await using teller = await Teller.at(server);
    teller.show(podNotice('a'), podNotice('b'), podNotice('c'));
    await eventually(
      () => server.requests.length === 3,
      () => `${server.requests.length} requests`,
    );
    await silence();
    expect(server.requests).toHaveLength(3);
    expect(teller.problems).toMatchObject([{ code: 'E_EVENTS', mend: expect.stringContaining('grant create on events') }]);
  });

  it('for a while, they are told when the server is back', async () => {
    using server = new FakeApiServer();
    server.misbehave(() => ({ kind: 'break' }));
    await using teller = await Teller.at(server);
    teller.show(podNotice('a'), podNotice('b'));
    await eventually(
      () => server.requests.length > 3,
      () => 'it was not tried again',
    );
    expect(teller.problems).toMatchObject([{ code: 'E_EVENTS', mend: expect.stringContaining('tried again') }]);
    server.misbehave();
    await expectEvents(server, 2);
    server.misbehave(() => ({ kind: 'refuse', status: 503, message: 'starting' }));
    teller.show(podNotice('c'));
    await eventually(
      () => teller.problems.length === 2,
      () => 'it was not said again',
    );
  });
});
