/** An API server that lists, watches, forgets old versions and misbehaves as it is told. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Manifest } from '../../support/builders/manifests.ts';
import { RESOURCES } from '../../../src/kube/resources.ts';

/** What it serves. */
export interface ServedResource {
  readonly kind: string;
  readonly path: string;
}

interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly path: string;
  readonly object: Manifest;
  readonly version: number;
}

interface Watcher {
  readonly path: string;
  readonly response: ServerResponse;
}

/** What the server does with the next requests instead of answering them. */
export type Fault =
  | { readonly kind: 'refuse'; readonly status: number; readonly message: string }
  | { readonly kind: 'answer'; readonly body: unknown }
  /** Accepts a watch and ends it at once, whatever its version. */
  | { readonly kind: 'instant end' }
  /** Says nothing, for ever. */
  | { readonly kind: 'silence' }
  /** Breaks the connection in the middle of the answer. */
  | { readonly kind: 'break' };

export class FakeApiServer implements Disposable {
  /** As they were created. */
  readonly events: Manifest[] = [];
  readonly requests: { readonly method: string | undefined; readonly path: string; readonly query: URLSearchParams }[] = [];
  readonly #served: readonly ServedResource[];
  readonly #server: Server;
  readonly #objects = new Map<string, Map<string, Manifest>>();
  readonly #snapshots = new Map<string, { readonly items: readonly Manifest[]; readonly version: number }>();
  readonly #watchers = new Set<Watcher>();
  #history: Change[] = [];
  #version = 1;
  #forgotten = 0;
  #fault: ((request: { path: string; watch: boolean }) => Fault | undefined) | undefined;

  constructor(served: readonly ServedResource[] = RESOURCES) {
    this.#served = served;
    for (const { path } of served) this.#objects.set(path, new Map());
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  /** Returns its address. */
  async listen(): Promise<string> {
    if (!this.#server.listening) await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Of every resource, as a list would show them. */
  get objects(): readonly Manifest[] {
    return [...this.#objects.values()].flatMap((objects) => [...objects.values()]);
  }

  put(object: Manifest): void {
    const path = this.#pathOf(object);
    const objects = this.#objects.get(path)!;
    const key = keyOf(object);
    this.#version += 1;
    const versioned = { ...object, metadata: { ...(object['metadata'] as Manifest), resourceVersion: String(this.#version) } };
    const type = objects.has(key) ? 'MODIFIED' : 'ADDED';
    objects.set(key, versioned);
    this.#record({ type, path, object: versioned, version: this.#version });
  }

  remove(object: Manifest): void {
    const path = this.#pathOf(object);
    const before = this.#objects.get(path)!.get(keyOf(object));
    if (before === undefined) return;
    this.#version += 1;
    this.#objects.get(path)!.delete(keyOf(object));
    const last = { ...before, metadata: { ...(before['metadata'] as Manifest), resourceVersion: String(this.#version) } };
    this.#record({ type: 'DELETED', path, object: last, version: this.#version });
  }

  /** Watches from before now are answered with 410, and so are pages of earlier lists. */
  compact(): void {
    this.#forgotten = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  bookmark(): void {
    for (const { path, response } of this.#watchers) {
      const { kind, apiVersion } = RESOURCES.find((resource) => resource.path === path)!;
      send(response, { type: 'BOOKMARK', object: { kind, apiVersion, metadata: { resourceVersion: String(this.#version) } } });
    }
  }

  /** Tells every watch that its version is too old. */
  expireWatches(): void {
    for (const { response } of this.#takeWatchers()) {
      send(response, { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' } });
      response.end();
    }
  }

  /** Ends every watch, whole or in the middle of a line. */
  endWatches(broken = false): void {
    for (const { response } of this.#takeWatchers()) {
      if (broken) {
        response.write('{"type":"ADDED","object":{"meta');
        response.destroy();
      } else response.end();
    }
  }

  /** Until it is called again. */
  misbehave(fault?: (request: { path: string; watch: boolean }) => Fault | undefined): void {
    this.#fault = fault;
  }

  #takeWatchers(): readonly Watcher[] {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    return watchers;
  }

  #record(change: Change): void {
    this.#history.push(change);
    for (const { path, response } of this.#watchers) if (path === change.path) send(response, change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '', 'http://server');
    const watch = query.get('watch') === '1';
    this.requests.push({ method: request.method, path, query });
    const fault = this.#fault?.({ path, watch });
    switch (fault?.kind) {
      case 'refuse':
        refuse(response, fault.status, fault.message);
        return;
      case 'answer':
        response.end(JSON.stringify(fault.body));
        return;
      case 'instant end':
        response.end();
        return;
      case 'silence':
        response.flushHeaders();
        return;
      case 'break':
        response.write('{"kind":"PodList","items":[');
        setImmediate(() => response.destroy());
        return;
      case undefined:
        if (request.method === 'POST') this.#create(path, request, response);
        else if (watch) this.#watch(path, Number(query.get('resourceVersion')), response);
        else this.#list(path, query, response);
    }
  }

  /** Events alone can be created, as the API server's own validation has it. */
  #create(path: string, request: IncomingMessage, response: ServerResponse): void {
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
    request.on('end', () => {
      const event = JSON.parse(text) as Manifest;
      const fault = faultOfEvent(path, event);
      if (fault !== undefined) return refuse(response, 422, fault);
      if (this.events.some((other) => keyOf(other) === keyOf(event)))
        return refuse(response, 409, `events "${keyOf(event)}" already exists`);
      this.events.push(event);
      response.statusCode = 201;
      response.end(text);
    });
  }

  #list(path: string, query: URLSearchParams, response: ServerResponse): void {
    const [, root = '', namespace, name] = /^(.*)\/namespaces\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    const objects = this.#objects.get(name === undefined ? path : `${root}/${name}`);
    if (namespace !== undefined && name === undefined) {
      const one = this.#objects.get(`${root}/namespaces`)?.get(namespace);
      if (one === undefined) refuse(response, 404, `namespaces "${namespace}" not found`);
      else response.end(JSON.stringify(one));
      return;
    }
    if (objects === undefined) {
      refuse(response, 404, 'the server could not find the requested resource');
      return;
    }
    const all = [...objects.values()].filter((object) => namespace === undefined || keyOf(object).startsWith(`${namespace}/`));
    const [id = '', offset = '0'] = (query.get('continue') ?? '').split(' ');
    const limit = Number(query.get('limit'));
    let snapshot = this.#snapshots.get(id);
    if (id !== '' && snapshot === undefined) {
      refuse(response, 410, 'the provided continue parameter is too old');
      return;
    }
    snapshot ??= { items: all, version: this.#version };
    const start = Number(offset);
    const end = start + limit;
    const more = end < snapshot.items.length;
    const next = id === '' ? String(this.requests.length) : id;
    if (more) this.#snapshots.set(next, snapshot);
    const items = snapshot.items.slice(start, end).map(({ kind: _kind, apiVersion: _apiVersion, ...item }) => item);
    const metadata = { resourceVersion: String(snapshot.version), ...(more ? { continue: `${next} ${end}` } : {}) };
    response.end(JSON.stringify({ kind: 'List', metadata, items }));
  }

  #pathOf(object: Manifest): string {
    return this.#served.find(({ kind }) => kind === object['kind'])!.path;
  }

  #watch(path: string, version: number, response: ServerResponse): void {
    if (version < this.#forgotten) {
      refuse(response, 410, 'too old resource version');
      return;
    }
    response.flushHeaders();
    for (const change of this.#history) if (change.path === path && change.version > version) send(response, change);
    const watcher = { path, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }
}

const WHOLE_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

function faultOfEvent(path: string, event: Manifest): string | undefined {
  const { namespace = '', name = '' } = event['metadata'] as { readonly namespace?: string; readonly name?: string };
  const about = event['involvedObject'] as { readonly namespace?: string; readonly name?: string; readonly uid?: string };
  const times = [event['firstTimestamp'], event['lastTimestamp']];
  const faults: readonly (readonly [boolean, string])[] = [
    [event['apiVersion'] !== 'v1' || event['kind'] !== 'Event', 'no Event of core/v1'],
    [path !== `/api/v1/namespaces/${namespace}/events`, 'the namespace is not that of the request'],
    [!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name) || name.length > 253, `metadata.name: ${name}`],
    [(about.namespace ?? 'default') !== namespace, 'involvedObject.namespace: does not match event.namespace'],
    [!times.every((time) => WHOLE_SECONDS.test(String(time))), 'a time is no metav1.Time'],
  ];
  return faults.find(([wrong]) => wrong)?.[1];
}

function send(response: ServerResponse, event: { readonly type: string; readonly object: unknown }): void {
  response.write(`${JSON.stringify({ type: event.type, object: event.object })}\n`);
}

function refuse(response: ServerResponse, code: number, message: string): void {
  response.statusCode = code;
  response.end(JSON.stringify({ kind: 'Status', code, message }));
}

function keyOf(object: Manifest): string {
  const { namespace, name } = object['metadata'] as { readonly namespace?: string; readonly name: string };
  return namespace === undefined ? name : `${namespace}/${name}`;
}
