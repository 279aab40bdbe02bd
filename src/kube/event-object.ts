/**
 * Notices as Events of the API (core/v1). Not events.k8s.io/v1: that one counts repetitions by changing an Event, for which more would have to be allowed
 * than `create`, and kubectl shows the count and the times of this one.
 */

import { createHash } from 'node:crypto';
import type { Notice, ObjectReference } from '../model/notice.ts';

const COMPONENT = 'postern';
/** What the API server takes of the newer kind of Event, and what kubectl shows well. */
const LONGEST_MESSAGE = 1024;
/** Of an object's name, so that a point and the mark still fit into a name (253). */
const LONGEST_STEM = 230;
/** An Event of something without a namespace is in this one. */
const DEFAULT_NAMESPACE = 'default';

const API_VERSIONS: Readonly<Record<ObjectReference['kind'], string>> = {
  NetworkPolicy: 'networking.k8s.io/v1',
  Pod: 'v1',
  Node: 'v1',
};

export interface Telling {
  /** The node that tells it. */
  readonly node: string;
  /** How often it has been told, with this time. */
  readonly count: number;
  /** Milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** After so long it is told again. */
  readonly repeatMs: number;
}

export interface EventRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * What is to be sent. The name follows from what is told and from the hour, and for what many nodes tell not from the node: so the API server itself
 * refuses to be told again by another node, or by an agent that has started anew (409).
 */
export function makeEvent({ about, reason, message, shared }: Notice, { node, count, firstAt, lastAt, repeatMs }: Telling): EventRequest {
  const { kind, name, uid } = about;
  const namespace = about.namespace ?? DEFAULT_NAMESPACE;
  const mark = hash([kind, uid, reason, message, shared ? '' : node, String(Math.floor(lastAt / repeatMs))]);
  const stem = name.slice(0, LONGEST_STEM).replace(/[-.]+$/, '');
  return {
    path: `/api/v1/namespaces/${namespace}/events`,
    body: {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name: `${stem}.${mark}` },
      involvedObject: {
        apiVersion: API_VERSIONS[kind],
        kind,
        ...(about.namespace === undefined ? {} : { namespace: about.namespace }),
        name,
        uid,
      },
      type: 'Warning',
      reason,
      message: message.length <= LONGEST_MESSAGE ? message : `${message.slice(0, LONGEST_MESSAGE - 1)}…`,
      count,
      firstTimestamp: timestamp(firstAt),
      lastTimestamp: timestamp(lastAt),
      source: { component: COMPONENT, host: node },
      reportingComponent: COMPONENT,
      reportingInstance: node,
    },
  };
}

function hash(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** metav1.Time has whole seconds. */
function timestamp(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z');
}
