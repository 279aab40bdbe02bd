/** The datapath in the kernel: fresh programs and maps, filled by operations, put on interfaces in one step each. */

import * as native from '../../native/index.js';
import type { DriftReport } from '../model/drift.ts';
import { PosternError } from '../model/error.ts';
import type { EndpointCounters, PacketEvent } from '../model/packet-event.ts';
import type { Operation } from '../model/plan.ts';
import type { FinishedRun, OpeningPacket } from '../model/test-run.ts';
import { AfterNat } from './after-nat.ts';
import { Attachments, detachAll, type AttachMode } from './attachments.ts';
import { EarlierEndpoints } from './earlier-endpoints.ts';
import { KernelHooks } from './kernel-hooks.ts';
import { KernelMaps } from './kernel-maps.ts';
import { KernelRows } from './kernel-rows.ts';
import { kernelSettings, setRuntime } from './kernel-settings.ts';
import * as layout from './layout.ts';
import { countRows } from './count-rows.ts';
import { closePrograms, loadPrograms, type LoadedPrograms, type LoadOptions, type Services } from './load-programs.ts';
import { HOOKS } from './link-names.ts';
import { measureClock } from './measure-clock.ts';
import { forgetPast, pinPast } from './past-maps.ts';
import { pinMaps } from './pinned-maps.ts';
import { listAside } from './put-aside.ts';
import type { Datapath, DesiredState, EarlierEndpoint } from './port.ts';
import { runOpening } from './test-run.ts';
import { verifyDatapath, type Setting } from './verify.ts';

export interface KernelOptions extends Omit<LoadOptions, 'bpfRoot'> {
  readonly bpfRoot: string;
  /** False where the root is on no bpf file system, so that nothing can be pinned: only what the kernel keeps by itself outlives the agent. Default true. */
  readonly lasting?: boolean;
  readonly attachMode?: AttachMode;
  /** Folder of an earlier agent that had nowhere to pin; its filters go once this one's programs stand everywhere. */
  readonly formerRoot?: string;
}

export interface KernelDescription extends Readonly<Record<string, unknown>> {
  readonly attach: AttachMode;
  readonly kernelConntrack: boolean;
  readonly services: Services;
  /** Whether pins outlive the agent. */
  readonly lasting: boolean;
  /** By program. */
  readonly verifiedInstructions: Readonly<Record<string, number>>;
  /** Names of what stood in the way of our pins, now below aside/. */
  readonly putAside?: readonly string[];
}

export class KernelDatapath implements Datapath {
  readonly #loaded: LoadedPrograms;
  readonly #maps: KernelMaps;
  readonly #rows: KernelRows;
  readonly #attachments: Attachments;
  readonly #afterNat: AfterNat;
  readonly #hooks: KernelHooks;
  readonly #earlier: EarlierEndpoints;
  readonly #bpfRoot: string;
  readonly #lasting: boolean;
  readonly #formerRoot: string | undefined;
  readonly #jiffiesPerSecond: number;
  #traceFlows = false;
  #flowsKept = false;
  #events: native.Listener | undefined;

  private constructor(loaded: LoadedPrograms, maps: KernelMaps, jiffiesPerSecond: number, options: KernelOptions) {
    const { object } = loaded;
    this.#loaded = loaded;
    this.#maps = maps;
    this.#jiffiesPerSecond = jiffiesPerSecond;
    this.#rows = new KernelRows(maps);
    this.#bpfRoot = options.bpfRoot;
    this.#lasting = options.lasting ?? true;
    this.#formerRoot = options.formerRoot;
    this.#earlier = new EarlierEndpoints(object, options.bpfRoot, this.#lasting);
    this.#attachments = new Attachments(object.programs, options.bpfRoot, options.attachMode);
    if (this.#lasting) {
      // An agent that dies again and again before it has attached anything must not leave its maps each time.
      forgetPast(options.bpfRoot, this.#attachments.programsOfAll());
      pinPast(options.bpfRoot, judgesOf(object), object.maps);
    }
    this.#afterNat = new AfterNat(object.programs['after_nat']?.fd, options.bpfRoot);
    this.#hooks = new KernelHooks({
      object,
      bpfRoot: options.bpfRoot,
      attachments: this.#attachments,
      afterNat: this.#afterNat,
      flowsKept: () => this.#flowsKept,
      whileOpen: (ifindex, act) => maps.whileOpen(ifindex, act),
    });
  }

  /** Throws `E_USAGE` where what is asked for needs pins and there are none. */
  static async open(wanted: KernelOptions): Promise<KernelDatapath> {
    const options = wanted.lasting === false ? withoutPins(wanted) : wanted;
    const loaded = loadPrograms(options);
    const maps = new KernelMaps(loaded.object.maps);
    const jiffiesPerSecond = await measureClock(loaded.object, maps);
    setRuntime(maps, 'jiffies_per_second', jiffiesPerSecond);
    return new KernelDatapath(loaded, maps, jiffiesPerSecond, options);
  }

  get tookOverFlows(): boolean {
    return this.#loaded.tookOverFlows;
  }

  get services(): Services {
    return this.#loaded.services;
  }

  describe(): KernelDescription {
    const aside = listAside(this.#bpfRoot);
    const verified = Object.entries(this.#loaded.object.programs).map(([name, program]) => [name, program.verifiedInstructions] as const);
    return {
      attach: this.#attachments.mode,
      kernelConntrack: this.#loaded.kernelConntrack,
      services: this.services,
      lasting: this.#lasting,
      verifiedInstructions: Object.fromEntries(verified),
      ...(aside.length === 0 ? {} : { putAside: aside }),
    };
  }

  get generation(): number {
    return this.#header().generation;
  }

  storeGeneration(generation: number): void {
    const header = layout.encodeConntrackHeader({ ...this.#header(), generation });
    native.mapPut(this.#maps.fd('conntrack_header'), layout.u32(0), header);
  }

  apply(operations: readonly Operation[]): void {
    this.#rows.apply(operations);
  }

  attach(ifindex: number): void {
    const attach = (): void => this.#attachments.attach(ifindex);
    const [first, second] = this.#attachments.programsAt(ifindex);
    // Tens of milliseconds lie between the two hooks of an interface, and one alone does harm: from_pod would take the answer to what still came in for
    // an opening of the pod, and so let its asker in from then on; to_pod would drop the answer to what the pod just asked.
    if (first === undefined || (second === undefined && this.#earlier.isOpen(ifindex, first))) this.#maps.whileOpen(ifindex, attach);
    else attach();
  }

  detach(ifindex: number): void {
    this.#attachments.detach(ifindex);
  }

  attached(): ReadonlySet<number> {
    return this.#attachments.attached();
  }

  /** from_pod leaves Services to after_nat only while that is attached. */
  judgeForwarded(on: boolean): void {
    if (on) this.#afterNat.attach();
    setRuntime(this.#maps, 'after_nat', Number(on && this.#afterNat.attached));
    if (!on) this.#afterNat.detach();
  }

  endEarlier(): void {
    this.#afterNat.detachEarlier();
    if (this.#formerRoot !== undefined) detachAll(this.#formerRoot);
    forgetPast(this.#bpfRoot, this.#hooks.programIds());
  }

  keepFlows(): void {
    if (this.#flowsKept || !this.#lasting) return;
    pinMaps(this.#loaded.object.maps, this.#bpfRoot);
    this.#flowsKept = true;
  }

  earlierAt(ifindex: number): EarlierEndpoint | undefined {
    return this.#earlier.read(ifindex, this.#attachments.programsAt(ifindex));
  }

  verify(desired: DesiredState, repair: boolean): Promise<DriftReport> {
    const settings = (): Setting[] => {
      const told = { afterNat: this.#afterNat.attached, traceFlows: this.#traceFlows, jiffiesPerSecond: this.#jiffiesPerSecond };
      return kernelSettings(this, this.#maps, told, desired);
    };
    return verifyDatapath({ store: this.#rows, hooks: this.#hooks, settings }, desired, repair);
  }

  listen(onEvents: (events: PacketEvent[]) => void): void {
    this.#events = native.ringOpen(this.#maps.fd('events'), (records) => onEvents(records.map((record) => layout.decodeEvent(record))));
  }

  traceFlows(on: boolean): void {
    this.#traceFlows = on;
    setRuntime(this.#maps, 'trace_flows', Number(on));
  }

  testRun(ifindex: number, packet: OpeningPacket): FinishedRun | undefined {
    const program = this.#hooks.ownProgramAt(ifindex, packet.direction);
    return program === undefined ? undefined : runOpening(program, this.#maps, ifindex, packet);
  }

  counters(slot: number): EndpointCounters {
    return this.#maps.totals.read(slot);
  }

  totals(): EndpointCounters {
    return this.#maps.totals.sum();
  }

  get capacities(): Readonly<Record<string, number>> {
    return this.#maps.capacities;
  }

  countFlows(): Promise<number> {
    return countRows(this.#maps.fd('conntrack'));
  }

  close(): void {
    this.#events?.close();
    this.#hooks.close();
    closePrograms(this.#loaded.object);
  }

  #header(): layout.ConntrackHeader {
    const value = new Uint8Array(layout.LAYOUT.conntrack_header[''][1]);
    native.mapGet(this.#maps.fd('conntrack_header'), layout.u32(0), value);
    return layout.decodeConntrackHeader(value);
  }
}

/** What stands at interfaces. */
function judgesOf({ programs }: native.LoadedObject): native.Fd[] {
  return HOOKS.flatMap(({ program }) => programs[program]?.fd ?? []);
}

/** cls_bpf filters stay without pins; links do not, and after_nat is one. */
function withoutPins(options: KernelOptions): KernelOptions {
  const { attachMode = 'tc', services = 'endpoints' } = options;
  if (attachMode === 'tcx' || services === 'after-nat') {
    throw new PosternError(
      'E_USAGE',
      `${attachMode === 'tcx' ? '--attach tcx' : '--services after-nat'} needs a bpf file system that outlives the agent`,
      {
        mend: 'mount one on the node: mount -t bpf bpf /sys/fs/bpf',
      },
    );
  }
  return { ...options, attachMode, services };
}
