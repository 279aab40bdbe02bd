/** Which steps of a case the API server does not let happen: it is asked without anything being written. */

import type { Manifest } from '../../support/builders/manifests.ts';
import type { Action, ConformanceCase, Step } from '../../conformance/case.ts';
import type { ApiClient } from '../harness/api-client.ts';
import { MARKERS_NAMESPACE } from './markers.ts';
import { collectionPath } from './object-paths.ts';
import { podBody } from './pod-body.ts';

export interface Refusal {
  readonly case: string;
  /** Counts from 1; 0: objects that all of its steps need. */
  readonly step: number;
  /** The API server's words. */
  readonly reason: string;
}

export interface Admitted {
  /** The case without the refused steps; `undefined` where none is left. */
  readonly rest: ConformanceCase | undefined;
  readonly refusals: readonly Refusal[];
}

/** A step that is refused takes its actions and its table with it; the steps of cases with such ones say all that they need. */
export async function admitCase(api: ApiClient, each: ConformanceCase): Promise<Admitted> {
  const asked = await refusalOf(api, each.world ?? []);
  if (asked !== undefined) return { rest: undefined, refusals: [{ case: each.name, step: 0, reason: asked }] };
  const refusals: Refusal[] = [];
  const steps: Step[] = [];
  const applied = new Set<string>();
  for (const [index, step] of each.steps.entries()) {
    const { does = [] } = step;
    const reason = await refusalOf(api, does.flatMap(objectsOf));
    if (reason !== undefined) {
      refusals.push({ case: each.name, step: index + 1, reason });
      continue;
    }
    for (const action of does) if (action.action === 'apply-policy') applied.add(action.key);
    // It may have been applied by a step that is left out.
    steps.push({ ...step, does: does.filter((action) => action.action !== 'delete-policy' || applied.has(action.key)) });
  }
  return { rest: steps.length === 0 ? undefined : { ...each, steps }, refusals };
}

function objectsOf(action: Action): readonly Manifest[] {
  switch (action.action) {
    case 'apply-policy':
      return [{ kind: 'NetworkPolicy', spec: action.spec }];
    case 'apply-objects':
      return action.objects;
    case 'delete-policy':
    case 'label-pod':
    case 'label-namespace':
    case 'delete-object':
      return [];
  }
}

async function refusalOf(api: ApiClient, manifests: readonly Manifest[]): Promise<string | undefined> {
  for (const manifest of manifests) {
    const kind = String(manifest['kind']);
    // The others are valid, or a test fails.
    if (kind !== 'NetworkPolicy' && kind !== 'Pod') continue;
    const metadata = { namespace: MARKERS_NAMESPACE, name: 'never-written' };
    const body = kind === 'Pod' ? podBody({ ...manifest, metadata }, 'example/image') : { ...fillIn(manifest), metadata };
    const path = `${collectionPath({ kind, namespace: MARKERS_NAMESPACE })}?dryRun=All&fieldValidation=Strict`;
    const { status, body: answer } = await api.send({ method: 'POST', path, body });
    if (status === 400 || status === 422) return shorten((answer as { readonly message: string }).message);
    if (status >= 300) throw new Error(`a ${kind} was not judged: ${status} ${JSON.stringify(answer)}`);
  }
  return undefined;
}

/** Without the object's name. */
function shorten(message: string): string {
  return message.replace(/^.*?(?:is invalid|handled as a \w+): /, '');
}

/** Any addresses that pods may have will do. */
function fillIn(manifest: Manifest): Manifest {
  const text = JSON.stringify(manifest)
    .replaceAll(/\{[a-z0-9/-]+\|24\}/g, '10.244.1.0/24')
    .replaceAll(/\{[a-z0-9/-]+\.6\}/g, 'fd00:10:244:1::250')
    .replaceAll(/\{[a-z0-9/-]+\}/g, '10.244.1.250');
  return JSON.parse(text) as Manifest;
}
