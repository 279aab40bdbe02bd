/**
 * Pods of one workload share their labels as one object, for as long as any of them lives. It saves memory: a hundred thousand pods have few different
 * labels.
 */

import type { Labels } from '../model/labels.ts';
import type { ClusterObject } from '../model/objects.ts';

export class LabelPool {
  readonly #labels = new Map<string, WeakRef<Labels>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#labels.get(key)?.deref() === undefined) this.#labels.delete(key);
  });

  get size(): number {
    return this.#labels.size;
  }

  share(object: ClusterObject): ClusterObject {
    return object.kind === 'Pod' ? { ...object, labels: this.#shared(object.labels) } : object;
  }

  #shared(labels: Labels): Labels {
    const key = JSON.stringify(labels);
    const known = this.#labels.get(key)?.deref();
    if (known !== undefined) return known;
    this.#labels.set(key, new WeakRef(labels));
    this.#gone.register(labels, key);
    return labels;
  }
}
