/** Messages of the container runtime interface (runtime.v1, api.proto of kubernetes/cri-api) as bytes: only the fields that are read, by their numbers. */

import { Reader, Writer } from 'protobufjs/minimal.js';

/** An item of ListPodSandboxResponse. */
export interface ListedSandbox {
  readonly id: string;
  readonly namespace: string;
  readonly name: string;
  /** Of the pod. */
  readonly uid: string;
  /** SANDBOX_READY */
  readonly ready: boolean;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** PodSandboxStatus */
export interface SandboxStatus {
  /** As text; none where the sandbox has no network, or not any more. */
  readonly addresses: readonly string[];
  readonly hostNetwork: boolean;
  readonly ready: boolean;
}

export interface RuntimeVersion {
  readonly name: string;
  readonly version: string;
}

/** By field number. What a field's reader does not consume belongs to the next field. */
type Fields = Readonly<Record<number, (reader: Reader) => void>>;

/** PodSandboxState */
const SANDBOX_READY = 0;
/** NamespaceMode */
const NODE = 2;

/** Of requests without fields, such as those for everything. */
export function encodeEmpty(): Uint8Array {
  return new Uint8Array(0);
}

/** PodSandboxStatusRequest */
export function encodeSandboxId(id: string): Uint8Array {
  return Writer.create().uint32(0x0a).string(id).finish();
}

/** VersionResponse */
export function decodeVersion(bytes: Uint8Array): RuntimeVersion {
  let [name, version] = ['', ''];
  read(bytes, { 2: (reader) => (name = reader.string()), 3: (reader) => (version = reader.string()) });
  return { name, version };
}

/** ListPodSandboxResponse */
export function decodeSandboxList(bytes: Uint8Array): readonly ListedSandbox[] {
  const sandboxes: ListedSandbox[] = [];
  read(bytes, { 1: (reader) => sandboxes.push(readSandbox(reader)) });
  return sandboxes;
}

function readSandbox(reader: Reader): ListedSandbox {
  let [id, name, uid, namespace] = ['', '', '', ''];
  // Proto3 leaves out what is 0.
  let state = SANDBOX_READY;
  let createdAt = 0;
  const metadata: Fields = {
    1: (inner) => (name = inner.string()),
    2: (inner) => (uid = inner.string()),
    3: (inner) => (namespace = inner.string()),
  };
  readNested(reader, {
    1: (inner) => (id = inner.string()),
    2: (inner) => readNested(inner, metadata),
    3: (inner) => (state = inner.int32()),
    4: (inner) => (createdAt = readNanoseconds(inner) / 1e6),
  });
  return { id, namespace, name, uid, ready: state === SANDBOX_READY, createdAt };
}

/** More than a number holds exactly, and what comes without a library for such numbers is one. */
function readNanoseconds(reader: Reader): number {
  const value: number | { readonly low: number; readonly high: number } = reader.int64();
  return typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0);
}

/** PodSandboxStatusResponse */
export function decodeSandboxStatus(bytes: Uint8Array): SandboxStatus {
  const addresses: string[] = [];
  let state = SANDBOX_READY;
  let networkMode = 0;
  const address = (reader: Reader): void => {
    const text = reader.string();
    if (text !== '') addresses.push(text);
  };
  const network: Fields = { 1: address, 2: (reader) => readNested(reader, { 1: address }) };
  const options: Fields = { 1: (reader) => (networkMode = reader.int32()) };
  const linux: Fields = { 1: (reader) => readNested(reader, { 2: (inner) => readNested(inner, options) }) };
  const status: Fields = {
    3: (reader) => (state = reader.int32()),
    5: (reader) => readNested(reader, network),
    6: (reader) => readNested(reader, linux),
  };
  read(bytes, { 1: (reader) => readNested(reader, status) });
  return { addresses, hostNetwork: networkMode === NODE, ready: state === SANDBOX_READY };
}

function read(bytes: Uint8Array, fields: Fields): void {
  const reader = Reader.create(bytes);
  readFields(reader, reader.len, fields);
}

function readNested(reader: Reader, fields: Fields): void {
  const length = reader.uint32();
  readFields(reader, reader.pos + length, fields);
}

function readFields(reader: Reader, end: number, fields: Fields): void {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = fields[tag >>> 3];
    if (field === undefined) reader.skipType(tag & 7);
    else field(reader);
  }
}
