/** Objects from a few fields of JSON, and the error where that fails. */

import { expect } from 'vitest';
import { decodeObject } from '../../../src/model/decode/object.ts';
import { PosternError } from '../../../src/model/error.ts';
import type { ClusterObject, EndpointSlice, Namespace, NetworkPolicyObject, Node, Pod, Service } from '../../../src/model/objects.ts';

export type Json = Record<string, unknown>;

/** An object named web in the namespace shop; `metadata` overrides that. */
export const decode = (apiVersion: string, kind: string, parts: Json, metadata: Json = {}): ClusterObject | undefined =>
  decodeObject({ apiVersion, kind, metadata: { name: 'web', namespace: 'shop', ...metadata }, ...parts });

export const pod = (parts: Json, metadata: Json = {}): Pod => decode('v1', 'Pod', parts, metadata) as Pod;
export const namespace = (metadata: Json = {}): Namespace => decode('v1', 'Namespace', {}, metadata) as Namespace;
export const node = (parts: Json): Node => decode('v1', 'Node', parts) as Node;
export const service = (parts: Json): Service => decode('v1', 'Service', parts) as Service;
export const slice = (parts: Json, metadata: Json = {}): EndpointSlice =>
  decode('discovery.k8s.io/v1', 'EndpointSlice', parts, metadata) as EndpointSlice;
export const policy = (parts: Json, metadata: Json = {}): NetworkPolicyObject =>
  decode('networking.k8s.io/v1', 'NetworkPolicy', parts, metadata) as NetworkPolicyObject;

/** A pod's spec with one container that has these ports. */
export const portsOf = (...list: readonly unknown[]): Json => ({ containers: [{ name: 'c', ports: list }] });

export function failureOf(action: () => unknown): PosternError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(PosternError);
    return error as PosternError;
  }
  throw new Error('nothing was thrown');
}
