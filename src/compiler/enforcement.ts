/** Break-glass: at which nodes nothing is enforced, by the Node's annotation or, at the agent's own node, by what it was told locally. */

import { PosternError } from '../model/error.ts';

/** Annotation of a Node: `"off"` stops enforcement there. */
export const ENFORCEMENT = 'postern.dev/enforcement';

/** `auto`: as the Node's annotation says. */
export type LocalEnforcement = 'on' | 'off' | 'auto';

export interface EnforcementState {
  readonly on: boolean;
  readonly by: 'default' | 'annotation' | 'local';
  /** The annotation says neither on nor off, and counts as on. */
  readonly problem?: PosternError;
}

const BY_DEFAULT: EnforcementState = { on: true, by: 'default' };

export class Enforcement {
  readonly ownNode: string | undefined;
  readonly #changed: (node: string) => void;
  /** By node, where there is one. */
  readonly #annotated = new Map<string, EnforcementState>();
  #local: LocalEnforcement = 'auto';

  /** `changed` hears of nodes where it is on and was off, or the other way round. */
  constructor(ownNode: string | undefined, changed: (node: string) => void) {
    this.ownNode = ownNode;
    this.#changed = changed;
  }

  annotate(node: string, value: string | undefined): void {
    const before = this.isOff(node);
    if (value === undefined) this.#annotated.delete(node);
    else this.#annotated.set(node, readAnnotation(node, value));
    if (this.isOff(node) !== before) this.#changed(node);
  }

  /** For the own node, whatever its annotation says. */
  override(local: LocalEnforcement): void {
    const before = this.isOff(this.ownNode);
    this.#local = local;
    if (this.ownNode !== undefined && this.isOff(this.ownNode) !== before) this.#changed(this.ownNode);
  }

  /** At the own node. */
  get own(): EnforcementState {
    return this.stateOf(this.ownNode);
  }

  stateOf(node: string | undefined): EnforcementState {
    if (node === undefined) return BY_DEFAULT;
    if (node === this.ownNode && this.#local !== 'auto') return { on: this.#local === 'on', by: 'local' };
    return this.#annotated.get(node) ?? BY_DEFAULT;
  }

  isOff(node: string | undefined): boolean {
    return !this.stateOf(node).on;
  }
}

function readAnnotation(node: string, value: string): EnforcementState {
  if (value === 'on' || value === 'off') return { on: value === 'on', by: 'annotation' };
  const problem = new PosternError('E_ENFORCEMENT', `${JSON.stringify(value)} is neither on nor off, so policies are enforced`, {
    at: { object: `Node ${node}`, field: `metadata.annotations["${ENFORCEMENT}"]` },
    mend: 'write off to stop enforcement on this node, or take the annotation away',
  });
  return { on: true, by: 'default', problem };
}
