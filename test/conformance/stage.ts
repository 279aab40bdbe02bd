/** Keeps a judge's objects, and brings them from one case's wanted state to the next by the smallest change. */

import { isDeepStrictEqual } from 'node:util';
import { formatPrefix, parsePrefix } from '../../src/model/ip.ts';
import type { Labels } from '../../src/model/labels.ts';
import { manifestKey, policyManifest } from '../support/builders/manifests.ts';
import type { Manifest } from '../support/builders/manifests.ts';
import type { Action, Family, LabelChange } from './case.ts';
import type { Judge } from './judge.ts';

type Objects = ReadonlyMap<string, Manifest>;

export class Stage {
  readonly judge: Judge;
  /** What the judge has now. */
  #present: Objects;
  /** What it is to have after the next `settle`. */
  #wanted: Objects;

  constructor(judge: Judge) {
    this.judge = judge;
    this.#present = index(judge.world);
    this.#wanted = this.#present;
  }

  /** Want the world as every case begins, with a case's own objects on top. */
  reset(objects: readonly Manifest[] = []): void {
    this.#wanted = new Map([...index(this.judge.world), ...index(this.#fillIn(objects))]);
  }

  want(action: Action): void {
    const wanted = new Map(this.#wanted);
    const put = (object: Manifest): unknown => wanted.set(manifestKey(object), object);
    switch (action.action) {
      case 'apply-policy':
        put(policyManifest(action.key, this.#fillIn(action.spec)));
        break;
      case 'delete-policy':
        removePresent(wanted, `NetworkPolicy ${action.key}`);
        break;
      case 'label-pod':
        put(labelled(wanted, `Pod ${action.key}`, action.labels));
        break;
      case 'label-namespace':
        put(labelled(wanted, `Namespace ${action.name}`, action.labels));
        break;
      case 'apply-objects':
        for (const object of this.#fillIn(action.objects)) put(object);
        break;
      case 'delete-object':
        removePresent(wanted, `${action.kind} ${action.key}`);
        break;
    }
    this.#wanted = wanted;
  }

  /** Make what is wanted so. */
  async settle(): Promise<void> {
    const apply = [...this.#wanted]
      .filter(([key, object]) => !isDeepStrictEqual(this.#present.get(key), object))
      .map(([, object]) => object);
    const gone = [...this.#present].filter(([key]) => !this.#wanted.has(key)).map(([, object]) => object);
    if (apply.length + gone.length > 0) await this.judge.apply({ apply, delete: gone });
    this.#present = this.#wanted;
  }

  /** Put addresses where an object names pods: `{x/a}`, `{x/a.6}`; and blocks: `{x/a|24}`. */
  #fillIn<T>(value: T): T {
    const text = JSON.stringify(value)
      .replaceAll(/\{([a-z0-9/-]+)\|(\d+)\}/g, (_all, actor: string, length: string) =>
        formatPrefix(parsePrefix(`${this.judge.addressOf(actor, 4)}/${length}`)),
      )
      .replaceAll(/\{([a-z0-9/-]+)(\.6)?\}/g, (_all, actor: string, six: string | undefined) => {
        const family: Family = six === undefined ? 4 : 6;
        return this.judge.addressOf(actor, family);
      });
    return JSON.parse(text) as T;
  }
}

function index(objects: readonly Manifest[]): Objects {
  return new Map(objects.map((object) => [manifestKey(object), object]));
}

function removePresent(objects: Map<string, Manifest>, key: string): void {
  if (!objects.delete(key)) throw new TypeError(`there is no ${key}`);
}

function labelled(objects: Objects, key: string, change: LabelChange): Manifest {
  const object = objects.get(key);
  if (object === undefined) throw new TypeError(`there is no ${key}`);
  const metadata = object['metadata'] as Manifest;
  const labels = Object.entries({ ...(metadata['labels'] as Labels), ...change }).filter(([, value]) => value !== null);
  return { ...object, metadata: { ...metadata, labels: Object.fromEntries(labels) } };
}
