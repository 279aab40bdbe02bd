/** Objects as an API server tells them, and a folder of them that changes by rename. */

import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PodFacts {
  readonly name: string;
  readonly node: string;
  /** Default: `shop`. */
  readonly namespace?: string;
  readonly addresses: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Default: the same on every reading. */
  readonly uid?: string;
  readonly phase?: string;
  readonly startTime?: string;
}

/** A pod, labelled `app=<name>` unless it is told otherwise. */
export function podObject({ name, node, namespace, addresses, labels, uid, phase, startTime }: PodFacts): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: namespace ?? 'shop', labels: labels ?? { app: name }, ...(uid === undefined ? {} : { uid }) },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'none' }] },
    status: {
      phase: phase ?? 'Running',
      podIP: addresses[0],
      podIPs: addresses.map((ip) => ({ ip })),
      ...(startTime === undefined ? {} : { startTime }),
    },
  };
}

export function namespaceObject(name: string, labels: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

export function nodeObject(name: string, addresses: readonly string[], annotations: Readonly<Record<string, string>> = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations },
    status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
  };
}

export function policyObject(name: string, spec: object): object {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace: 'shop' }, spec };
}

/** A peer list of pods by their label `app`. */
export function apps(...names: readonly string[]): object[] {
  return names.map((app) => ({ podSelector: { matchLabels: { app } } }));
}

export class ManifestFolder {
  readonly path: string;
  readonly #outside: string;
  #count = 0;

  constructor() {
    this.#outside = mkdtempSync(join(tmpdir(), 'postern-test-'));
    this.path = join(this.#outside, 'manifests');
    mkdirSync(this.path);
  }

  /** Objects as JSON, which is YAML too; text as it is. It appears whole, by rename. */
  put(file: string, content: object | string): void {
    this.#count += 1;
    const fresh = join(this.#outside, `new-${this.#count}`);
    writeFileSync(fresh, typeof content === 'string' ? content : JSON.stringify(content, undefined, 2));
    renameSync(fresh, join(this.path, file));
  }

  rename(from: string, to: string): void {
    renameSync(join(this.path, from), join(this.path, to));
  }

  remove(file: string): void {
    rmSync(join(this.path, file), { force: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.#outside, { recursive: true, force: true });
  }
}
