/**
 * Postern's native addon: system calls of BPF, tc and netlink, and nothing that decides.
 *
 * Every function is synchronous and acts at once, but for `ringOpen` and `netlinkListen`, which call back from the event loop.
 * File descriptors are plain numbers, opened with O_CLOEXEC; whoever gets one closes it with `close`.
 * A failed call throws an `Error` with `code` (errno name such as `EPERM`), `errno` (positive number), `operation` (e.g. `BPF_MAP_CREATE`),
 * `object` (what it was about: a map's name, a path, an interface index as text) and, for `loadObject`, `log` (what the verifier and libbpf said).
 * Wrong arguments throw a TypeError (`code` ERR_INVALID_ARG_TYPE); byte arrays of the wrong length too, before the kernel sees them.
 * Where the addon itself can't be loaded, importing this module throws an Error with `code` E_ADDON that says how to build it.
 */

export type Fd = number;

/** A map or program that libbpf created, as seen from outside. */
export interface LoadedMap {
  readonly fd: Fd;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
}

export interface LoadedProgram {
  readonly fd: Fd;
  /** Instructions that the verifier walked (bpf_prog_info.verified_insns); 0 where the kernel does not say. */
  readonly verifiedInstructions: number;
  /** Bytes of machine code. */
  readonly jitedBytes: number;
}

export interface LoadOptions {
  /** Name of the object, for maps and messages. */
  readonly name: string;
  /** By the map's name in the source; internal maps by their section. */
  readonly maps?: Readonly<
    Record<
      string,
      {
        readonly maxEntries?: number;
        /** Use this existing map instead of creating one. The caller keeps its descriptor. */
        readonly reuseFd?: Fd;
        /** First bytes of an internal map (`.rodata`, `.rodata.settings`, `.bss`, `.data`); the rest keeps what the object has. */
        readonly initialValue?: Uint8Array;
      }
    >
  >;
  /** Programs (by function name) that are not to be loaded. */
  readonly skipPrograms?: readonly string[];
  /** Kernel verifier log level: 0 none, 1 basic, 2 every instruction, 4 statistics. Default 0; on failure the log is always there. */
  readonly logLevel?: number;
}

export interface LoadedObject {
  readonly maps: Readonly<Record<string, LoadedMap>>;
  readonly programs: Readonly<Record<string, LoadedProgram>>;
  readonly log: string;
}

/**
 * Open an ELF object from memory, apply the options, load it, and hand over duplicates of all its descriptors. libbpf's own object is closed again.
 * Sections that libbpf 1.1 lacks and the addon adds: `netfilter`. An unknown map or program in the options throws ENOENT.
 */
export function loadObject(elf: Uint8Array, options: LoadOptions): LoadedObject;

/**
 * The BTF of an ELF object's struct: member name → [byte offset, byte size], and the size under the name ''. Members of anonymous structs and unions
 * count as members of what holds them; a bit field gives its first byte and its type's size. Throws ENOENT for an unknown struct.
 */
export function structLayout(elf: Uint8Array, struct: string): Readonly<Record<string, readonly [offset: number, size: number]>>;

export function close(fd: Fd): void;

/* Maps. Keys and values are raw bytes whose lengths must be the map's (a per-CPU value is possibleCpus() × the value size rounded up to 8). */

export interface MapSpec {
  /** enum bpf_map_type */
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  /** BPF_F_*; default 0 */
  readonly flags?: number;
  readonly name: string;
}

export function mapCreate(spec: MapSpec): Fd;
/** Copy the value into `value`; false where the key is absent. */
export function mapGet(map: Fd, key: Uint8Array, value: Uint8Array): boolean;
/** `flags`: 0 any, 1 BPF_NOEXIST, 2 BPF_EXIST. */
export function mapPut(map: Fd, key: Uint8Array, value: Uint8Array, flags?: number): void;
/** False where the key was absent. */
export function mapDelete(map: Fd, key: Uint8Array): boolean;
/** The key after `key` (the first one for null) into `next`; false at the end. */
export function mapNextKey(map: Fd, key: Uint8Array | null, next: Uint8Array): boolean;
/** `keys` and `values` hold `count` elements back to back. Falls back to single calls where the map type has no batch operation. */
export function mapPutBatch(map: Fd, keys: Uint8Array, values: Uint8Array, count: number, flags?: number): void;
/** Absent keys are passed over. Returns how many were deleted. */
export function mapDeleteBatch(map: Fd, keys: Uint8Array, count: number): number;
/** The whole map, by batches where the kernel can. Rows that come and go meanwhile may be missed or seen. */
export function mapDump(map: Fd): { readonly keys: Buffer; readonly values: Buffer; readonly count: number };
/**
 * The next part of a map: about `count` rows (more where one bucket of a hash holds more), after those of the part that gave `cursor`; null for the first.
 * The last part gives no cursor. Rows that come and go meanwhile may be missed or seen, also twice; a trie whose row under the cursor was deleted is begun
 * anew, so whoever reads should stop after some times the map's size.
 */
export function mapDumpPart(
  map: Fd,
  cursor: Uint8Array | null,
  count: number,
): { readonly keys: Buffer; readonly values: Buffer; readonly count: number; readonly cursor?: Buffer };
/**
 * Map an array map (created with BPF_F_MMAPABLE) into memory, shared with the kernel: maxEntries elements, each at a multiple of the value size rounded up to 8.
 * `mapUnmap` (or garbage collection) ends it; the map's descriptor may be closed meanwhile.
 */
export function mapMmap(map: Fd): ArrayBuffer;
/** Detaches the memory, so that every view of it is empty at once; the mapping goes in a later turn of the event loop. */
export function mapUnmap(memory: ArrayBuffer): void;
export function mapFreeze(map: Fd): void;

/** Number of CPUs that the kernel could ever have (/sys/devices/system/cpu/possible). */
export function possibleCpus(): number;

/* Objects by descriptor. */

export function pin(fd: Fd, path: string): void;
/** BPF_OBJ_GET */
export function openPinned(path: string): Fd;

export interface MapInfo {
  readonly id: number;
  readonly type: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  readonly name: string;
}
export interface ProgramInfo {
  readonly id: number;
  readonly type: number;
  readonly name: string;
  /** 16 hex digits */
  readonly tag: string;
  readonly mapIds: readonly number[];
  readonly verifiedInstructions: number;
  readonly jitedBytes: number;
  /** While statistics were on; not more than 2^53. */
  readonly runs: number;
  readonly runNanoseconds: number;
}
export interface LinkInfo {
  readonly id: number;
  readonly type: number;
  readonly programId: number;
  /** tcx: 0 where the interface is gone (the link is severed). */
  readonly ifindex?: number;
  /** tcx: 46 ingress, 47 egress */
  readonly attachType?: number;
  /** netfilter, as given to `netfilterAttach` */
  readonly family?: number;
  readonly hook?: number;
  readonly priority?: number;
}
export function mapInfo(fd: Fd): MapInfo;
export function programInfo(fd: Fd): ProgramInfo;
/** Every program of the machine counts and times its runs until the descriptor is closed (BPF_ENABLE_STATS), which costs each run two readings of the clock. */
export function enableStatistics(): Fd;
export function linkInfo(fd: Fd): LinkInfo;
export function programById(id: number): Fd;
export function mapById(id: number): Fd;

/* Attaching. Interfaces are those of the calling process's network namespace. */

/** `in`: TC ingress of the interface (packets that the pod sends, on a host-side veth). `out`: TC egress. */
export type Hook = 'in' | 'out';

/** tcx link through the raw bpf() call; returns the link. `first` puts the program before all others (BPF_F_BEFORE without anchor), else it goes last. EEXIST where the same program stands at the hook already. */
export function tcxAttach(ifindex: number, hook: Hook, program: Fd, first: boolean): Fd;
/** Programs at a tcx hook in the order in which they run; a program that was attached without a link has link id 0. Throws EINVAL or EOPNOTSUPP where the kernel has no tcx. */
export function tcxQuery(
  ifindex: number,
  hook: Hook,
): { readonly programIds: readonly number[]; readonly linkIds: readonly number[]; readonly revision: bigint };
/** Netfilter link (BPF_PROG_TYPE_NETFILTER): family 2 or 10, hook number NF_INET_*, priority. */
export function netfilterAttach(family: number, hook: number, priority: number, program: Fd): Fd;
/** Replace a link's program in place. Throws ENOLINK for a severed link, EEXIST where the program stands at the hook through another link. */
export function linkUpdate(link: Fd, program: Fd): void;
export function linkDetach(link: Fd): void;

export interface TcFilter {
  readonly priority: number;
  readonly handle: number;
  readonly programId: number;
}
/** Create the clsact qdisc unless it is there; true where it was created. */
export function tcEnsureClsact(ifindex: number): boolean;
/** Attach a direct-action cls_bpf filter; with `replace` an existing one of the same priority and handle is replaced in one step. */
export function tcAttach(ifindex: number, hook: Hook, program: Fd, priority: number, handle: number, replace: boolean): void;
/** The filter of that priority (1 … 65535) and handle (above 0), or undefined, also where there is no clsact qdisc. */
export function tcQuery(ifindex: number, hook: Hook, priority: number, handle: number): TcFilter | undefined;
/** False where it was not there. The qdisc stays. */
export function tcDetach(ifindex: number, hook: Hook, priority: number, handle: number): boolean;

/* Test runs (BPF_PROG_TEST_RUN). */

export interface TestRunOptions {
  readonly data: Uint8Array;
  /** struct __sk_buff, or its first bytes */
  readonly context?: Uint8Array;
  /** default 1 */
  readonly repeat?: number;
  /** Ask for the packet and, where a context was given, the context after the run. Default false. A program may add up to 4,096 bytes to the packet. */
  readonly output?: boolean;
}
export interface TestRunResult {
  /** The program's return value, as an unsigned 32-bit number. */
  readonly returnValue: number;
  /** Mean nanoseconds of one run. */
  readonly duration: number;
  readonly data?: Buffer;
  readonly context?: Buffer;
}
export function testRun(program: Fd, options: TestRunOptions): TestRunResult;

/* Ring buffers, on the event loop. */

/** Keeps the event loop alive until it is closed. What a callback throws becomes an uncaught exception. */
export interface Listener {
  /** Stop calling back at once, and free everything. Safe to call twice, and from within a callback. */
  close(): void;
}
/** Calls back with every record (copied) as it comes, up to 1,024 records in one call. The map's descriptor may be closed afterwards. */
export function ringOpen(map: Fd, onRecords: (records: Buffer[]) => void): Listener;
/** Consume what is there now, without waiting for the event loop. Returns the records. */
export function ringDrain(map: Fd): Buffer[];

/* Netlink. Messages are parsed in TypeScript. */

/**
 * Open a netlink socket (protocol NETLINK_ROUTE 0, NETLINK_NETFILTER 12) in the caller's network namespace, joined to multicast groups by number.
 * `everyNamespace` (default false) also brings the groups' events of all namespaces that have a number (nsid) in the socket's own, such as those that a veth leads to;
 * it takes CAP_NET_BROADCAST, and EPERM says that it is missing.
 * Dumps are read strictly (NETLINK_GET_STRICT_CHK) where the kernel can: narrowed to what their header and attributes name, such as another namespace
 * (IFLA_TARGET_NETNSID, IFA_TARGET_NETNSID); an attribute that the kernel does not know there throws EINVAL.
 */
export function netlinkOpen(protocol: number, groups: readonly number[], everyNamespace?: boolean): Fd;
/**
 * Send one request (a whole nlmsghdr message; length and sequence number are filled in) and wait, blocking, at most `timeoutMs` (default 5000), for its answer: the
 * messages, each with its header, up to NLMSG_DONE, ACK or error; a request with neither NLM_F_DUMP nor NLM_F_ACK ends with its first message. Throws the errno of
 * NLMSG_ERROR (`log` holds the kernel's own words, if any), ETIMEDOUT, or EINTR for a dump that changed meanwhile (NLM_F_DUMP_INTR).
 * Not for a socket that is listened to: events that come meanwhile are lost.
 */
export function netlinkRequest(socket: Fd, message: Uint8Array, timeoutMs?: number): Buffer[];
/** Calls back with each datagram received and, where it tells of another namespace than the socket's own, that namespace's number there (nsid). `onOverrun` says that events were lost (ENOBUFS): dump again. Closing the listener leaves the socket open. */
export function netlinkListen(
  socket: Fd,
  onMessage: (datagram: Buffer, netnsid: number | undefined) => void,
  onOverrun: () => void,
): Listener;
/** if_nametoindex / if_indextoname in the caller's namespace; undefined where there is none. */
export function interfaceIndex(name: string): number | undefined;
export function interfaceName(ifindex: number): string | undefined;
