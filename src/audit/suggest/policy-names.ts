/** Names for proposed policies: none that the input has already, since applying one would replace another. */

import { objectKey } from '../../model/objects.ts';
import type { AuditInput } from '../input/audit-input.ts';

const LONGEST = 253;

export class PolicyNames {
  readonly #taken: Set<string>;

  constructor({ objects }: AuditInput) {
    this.#taken = new Set(objects.flatMap(({ object }) => (object.kind === 'NetworkPolicy' ? [objectKey(object)] : [])));
  }

  /** `web-ingress`, else `web-ingress-2`. */
  take(namespace: string, stem: string, ending: string): string {
    for (let number = 1; ; number += 1) {
      const tail = `${ending}${number === 1 ? '' : `-${number}`}`;
      const name = `${stem.slice(0, LONGEST - tail.length).replace(/[^a-z0-9]+$/, '')}${tail}`;
      const key = `${namespace}/${name}`;
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return name;
    }
  }
}
