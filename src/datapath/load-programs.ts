/** Loads the compiled BPF object, with conntrack's table taken over where an earlier agent left one of the same layout. */

import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { CONNTRACK_LAYOUT, decodeConntrackHeader, encodeConntrackHeader, encodeSettings, LAYOUT, u32 } from './layout.ts';
import { openPin } from './read-pin.ts';

export interface LoadOptions {
  /** Folder on a bpf file system. Without one nothing is pinned (tests, benches). */
  readonly bpfRoot?: string;
  /** Rows of the conntrack table; default 131072. A table of another size is not taken over. */
  readonly conntrackRows?: number;
  /** Default: found out. */
  readonly services?: Services;
}

/** Where what goes to a Service is judged: after kube-proxy has chosen a backend, or, on kernels without netfilter programs, before, by all of its endpoints. */
export type Services = 'after-nat' | 'endpoints';

export interface LoadedPrograms {
  readonly object: native.LoadedObject;
  readonly tookOverFlows: boolean;
  /** The kernel's own conntrack can be asked. */
  readonly kernelConntrack: boolean;
  readonly services: Services;
}

const DEFAULT_CONNTRACK_ROWS = 131_072;
const HEADER_KEY = u32(0);
const INTERRUPTED_RETRIES = 10;
/** enum bpf_map_type */
const ARRAY = 2;
const LRU_HASH = 9;

/** dist/bpf holds the compiled object, in a checkout and in the published package. */
export function readPolicyObject(): Buffer {
  const path = fileURLToPath(new URL('../../dist/bpf/policy.bpf.o', import.meta.url));
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PosternError('E_BPF_OBJECT', `the compiled BPF object cannot be read: ${path}`, { mend: 'build it: npm run build', cause });
  }
}

/** A new flow table is not pinned yet: an agent that dies before it has attached anything leaves the earlier one's to the next. */
export function loadPrograms(options: LoadOptions = {}): LoadedPrograms {
  const elf = readPolicyObject();
  const rows = options.conntrackRows ?? DEFAULT_CONNTRACK_ROWS;
  const inherited = options.bpfRoot === undefined ? undefined : openInherited(options.bpfRoot, rows);
  try {
    const loaded = loadObject(elf, rows, inherited, options.services);
    if (inherited === undefined) startConntrack(loaded.object, rows);
    return { ...loaded, tookOverFlows: inherited !== undefined };
  } finally {
    if (inherited !== undefined) for (const fd of Object.values(inherited)) native.close(fd);
  }
}

export function closePrograms(object: native.LoadedObject): void {
  for (const { fd } of [...Object.values(object.maps), ...Object.values(object.programs)]) native.close(fd);
}

/** Best first. What a kernel can do is found by trying: vendors backport, and leave out. */
const VARIANTS: readonly { readonly kernelConntrack: boolean; readonly services: Services }[] = [
  { kernelConntrack: true, services: 'after-nat' },
  { kernelConntrack: true, services: 'endpoints' },
  { kernelConntrack: false, services: 'after-nat' },
  { kernelConntrack: false, services: 'endpoints' },
];

function loadObject(
  elf: Buffer,
  rows: number,
  inherited: Inherited | undefined,
  wanted: Services | undefined,
): Omit<LoadedPrograms, 'tookOverFlows'> {
  const refusals: unknown[] = [];
  for (const variant of VARIANTS) {
    if (variant.services !== (wanted ?? variant.services)) continue;
    try {
      const object = retryInterrupted(() =>
        native.loadObject(elf, {
          name: 'postern',
          maps: {
            conntrack: inherited === undefined ? { maxEntries: rows } : { maxEntries: rows, reuseFd: inherited.conntrack },
            ...(inherited === undefined ? {} : { conntrack_header: { reuseFd: inherited.header } }),
            '.rodata.settings': { initialValue: encodeSettings(variant) },
          },
          skipPrograms: variant.services === 'after-nat' ? [] : ['after_nat'],
        }),
      );
      return { object, ...variant };
    } catch (refusal) {
      refusals.push(refusal);
    }
  }
  throw loadError(refusals.at(-1), refusals[0]);
}

/** The verifier gives up with EAGAIN when a signal comes; that says nothing of what the kernel can do. */
function retryInterrupted<Result>(load: () => Result): Result {
  for (let left = INTERRUPTED_RETRIES; ; left -= 1) {
    try {
      return load();
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN' || left === 0) throw error;
    }
  }
}

function loadError(cause: unknown, first: unknown): PosternError {
  const { code, log } = cause as { code?: string; log?: string };
  const mend =
    code === 'EPERM'
      ? 'run as root, or with the capabilities BPF, NET_ADMIN and PERFMON'
      : 'a kernel of 5.15 or later with BTF (/sys/kernel/btf/vmlinux) is needed; the log says what it refused';
  const tail = log?.trim().split('\n').slice(-12).join('\n') ?? String(first);
  return new PosternError('E_BPF_LOAD', `the kernel refused the BPF programs (${code ?? String(cause)}):\n${tail}`, { mend, cause });
}

interface Inherited {
  readonly conntrack: native.Fd;
  readonly header: native.Fd;
}

/** Whatever else has these names: pinMaps puts it away. */
function openInherited(bpfRoot: string, rows: number): Inherited | undefined {
  const [conntrack, header] = [openMap(join(bpfRoot, 'conntrack')), openMap(join(bpfRoot, 'conntrack_header'))];
  if (conntrack !== undefined && header !== undefined && fits(conntrack, header, rows)) return { conntrack, header };
  for (const fd of [conntrack, header]) if (fd !== undefined) native.close(fd);
  return undefined;
}

function fits(conntrack: native.Fd, header: native.Fd, rows: number): boolean {
  const flow = { type: LRU_HASH, keySize: LAYOUT.flow_key[''][1], valueSize: LAYOUT.flow[''][1], maxEntries: rows };
  const holder = { type: ARRAY, keySize: HEADER_KEY.length, valueSize: LAYOUT.conntrack_header[''][1], maxEntries: 1 };
  if (!hasShape(conntrack, flow) || !hasShape(header, holder)) return false;
  const value = new Uint8Array(LAYOUT.conntrack_header[''][1]);
  native.mapGet(header, HEADER_KEY, value);
  const found = decodeConntrackHeader(value);
  return found.layout === CONNTRACK_LAYOUT && found.rows === rows && found.generation !== 0;
}

function hasShape(map: native.Fd, shape: Pick<native.MapInfo, 'type' | 'keySize' | 'valueSize' | 'maxEntries'>): boolean {
  const { type, keySize, valueSize, maxEntries } = native.mapInfo(map);
  return type === shape.type && keySize === shape.keySize && valueSize === shape.valueSize && maxEntries === shape.maxEntries;
}

function openMap(path: string): native.Fd | undefined {
  const { kind, fd } = openPin(path);
  if (kind !== 'map' && fd !== undefined) native.close(fd);
  return kind === 'map' ? fd : undefined;
}

/** A new table starts at a random generation, so that whatever still holds rows of an older one finds them stale. */
function startConntrack(object: native.LoadedObject, rows: number): void {
  const header = object.maps['conntrack_header'];
  if (header === undefined) throw new PosternError('E_DATAPATH', 'the BPF object has no conntrack table');
  native.mapPut(header.fd, HEADER_KEY, encodeConntrackHeader({ layout: CONNTRACK_LAYOUT, rows, generation: randomInt(1, 2 ** 31) }));
}
