/** Looks at what stands at the hooks of pods' interfaces, and puts our programs back where they belong. */

import { renameSync, rmSync } from 'node:fs';
import * as native from '../../native/index.js';
import type { AfterNat } from './after-nat.ts';
import type { Direction } from '../model/verdict.ts';
import { TC_HANDLE, TC_PRIORITY, type Attachments } from './attachments.ts';
import { HOOKS, hookPath } from './link-names.ts';
import { pinPast } from './past-maps.ts';
import { pinnedMapPlaces } from './pinned-maps.ts';
import { programNamed, readLink } from './read-link.ts';
import { listFilters } from './tc-filters.ts';
import { loadTwins } from './twin-programs.ts';
import type { HookFinding, HookInspector, HookPlace } from './verify-hooks.ts';

export interface HookParts {
  readonly object: native.LoadedObject;
  readonly bpfRoot: string;
  readonly attachments: Attachments;
  readonly afterNat: AfterNat;
  /** The flow table is pinned: before, another may be there, of an agent whose programs are still attached. */
  readonly flowsKept: () => boolean;
  /** Runs something while nothing is judged at an interface. */
  readonly whileOpen: (ifindex: number, act: () => void) => void;
}

interface Hook {
  readonly ifindex: number;
  readonly hook: native.Hook;
  readonly program: string;
}

export class KernelHooks implements HookInspector {
  readonly #parts: HookParts;
  #twins: Readonly<Record<string, native.Fd>> | undefined;

  constructor(parts: HookParts) {
    this.#parts = parts;
  }

  interfacePlaces(ifindex: number): HookPlace[] {
    return HOOKS.map(({ hook, program }) => {
      const place = { ifindex, hook, program };
      return { what: 'hooks', inspect: () => (this.#parts.attachments.mode === 'tcx' ? this.#inspectTcx(place) : this.#inspectTc(place)) };
    });
  }

  nodePlaces(): readonly HookPlace[] {
    const { afterNat, object, bpfRoot, flowsKept } = this.#parts;
    return [...afterNat.places(), ...(flowsKept() ? pinnedMapPlaces(object.maps, bpfRoot) : [])];
  }

  attached(): ReadonlySet<number> {
    return this.#parts.attachments.attached();
  }

  leftover(ifindex: number): HookPlace {
    return {
      what: 'pins',
      inspect: () =>
        this.#parts.attachments.attached().has(ifindex)
          ? {
              kind: native.interfaceName(ifindex) === undefined ? 'severed' : 'foreign',
              where: `interface ${ifindex}`,
              expected: null,
              found: 'pinned programs',
              unguarded: false,
              mend: () => this.#parts.attachments.detach(ifindex),
            }
          : undefined,
    };
  }

  /** Of this agent's programs, and of their second copies. */
  programIds(): ReadonlySet<number> {
    const programs = [...Object.values(this.#parts.object.programs).map(({ fd }) => fd), ...Object.values(this.#twins ?? {})];
    return new Set(programs.map((fd) => native.programInfo(fd).id));
  }

  /** The program of ours that judges a direction there; `undefined`: there is none, or an earlier agent's. */
  ownProgramAt(ifindex: number, direction: Direction): native.Fd | undefined {
    const [out, into] = HOOKS;
    const { hook, program } = direction === 'egress' ? out : into;
    const standing = this.#parts.attachments.programAt(ifindex, hook);
    return this.#copiesOf(program).find((fd) => native.programInfo(fd).id === standing);
  }

  close(): void {
    for (const fd of Object.values(this.#twins ?? {})) native.close(fd);
  }

  #inspectTcx(place: Hook): HookFinding | undefined {
    const { ifindex, hook, program } = place;
    const base = { where: whereOf(place), expected: program, unguarded: true };
    const path = this.#pinOf(place);
    const mend = (): void => this.#attach(ifindex);
    const link = readLink(path);
    if (link === 'none') return { ...base, kind: 'missing', found: null, mend };
    if (link === 'no link' || link.ifindex !== ifindex) {
      const severed = link !== 'no link' && link.ifindex === 0;
      return {
        ...base,
        kind: severed ? 'severed' : 'changed',
        found: severed ? 'a link without interface' : 'a pin of something else',
        mend,
      };
    }
    // The link keeps its position when its program is replaced.
    if (!this.#isOurs(link.programId, program)) return { ...base, kind: 'changed', found: programName(link.programId), mend };
    const { programIds, linkIds } = native.tcxQuery(ifindex, hook);
    const position = linkIds.indexOf(link.id);
    if (position === 0) return undefined;
    const found = `after ${programIds.slice(0, position).map(programName).join(', ')}`;
    return { ...base, kind: 'hidden', expected: `${program} first`, found, mend: () => this.#bringForward(place, link.programId) };
  }

  #inspectTc(place: Hook): HookFinding | undefined {
    const { ifindex, hook, program } = place;
    const base = { where: whereOf(place), expected: program, unguarded: true };
    const filter = native.tcQuery(ifindex, hook, TC_PRIORITY, TC_HANDLE);
    const mend = (): void => this.#attach(ifindex);
    if (filter === undefined) return { ...base, kind: 'missing', found: null, mend };
    if (!this.#isOurs(filter.programId, program)) return { ...base, kind: 'changed', found: programName(filter.programId), mend };
    const before = [
      ...tcxPrograms(ifindex, hook).map(programName),
      ...listFilters(ifindex, hook)
        .filter(({ priority }) => priority < TC_PRIORITY)
        .map(({ priority, kind }) => `a ${kind} filter of priority ${priority}`),
    ];
    if (before.length === 0) return undefined;
    return {
      ...base,
      kind: 'hidden',
      expected: `${program} first`,
      found: `after ${before.join(', ')}`,
      mend: undefined,
      note: 'what they let pass for good is not judged; a later priority for them, or --attach tcx, puts ours first',
    };
  }

  #attach(ifindex: number): void {
    const { attachments, whileOpen } = this.#parts;
    const attach = (): void => attachments.attach(ifindex);
    // Of two hooks that begin one after the other the first would take the answers to what still passed the second for openings of its own.
    if (attachments.programsAt(ifindex).length === 0) whileOpen(ifindex, attach);
    else attach();
  }

  /** A second copy takes the first place before the link that stands behind goes: at no moment does none of them judge. */
  #bringForward(place: Hook, standing: number): void {
    const path = this.#pinOf(place);
    const fresh = `${path}_first`;
    const link = native.tcxAttach(place.ifindex, place.hook, this.#otherThan(standing, place.program), true);
    try {
      rmSync(fresh, { force: true });
      native.pin(link, fresh);
      renameSync(fresh, path);
    } finally {
      native.close(link);
    }
  }

  #otherThan(programId: number, name: string): native.Fd {
    const first = this.#parts.object.programs[name]?.fd;
    if (first !== undefined && native.programInfo(first).id !== programId) return first;
    this.#twins ??= this.#loadTwins();
    const twin = this.#twins[name];
    if (twin === undefined) throw new Error(`the BPF object has no program "${name}"`);
    return twin;
  }

  #loadTwins(): Readonly<Record<string, native.Fd>> {
    const { object, bpfRoot } = this.#parts;
    const names = HOOKS.map(({ program }) => program);
    const twins = loadTwins(object, names);
    pinPast(bpfRoot, Object.values(twins), object.maps);
    return twins;
  }

  #isOurs(programId: number, name: string): boolean {
    return this.#copiesOf(name).some((fd) => native.programInfo(fd).id === programId);
  }

  #copiesOf(name: string): native.Fd[] {
    return [this.#parts.object.programs[name]?.fd, this.#twins?.[name]].filter((fd) => fd !== undefined);
  }

  #pinOf({ ifindex, hook }: Omit<Hook, 'program'>): string {
    return hookPath(this.#parts.bpfRoot, ifindex, hook);
  }
}

function whereOf({ ifindex, hook }: Hook): string {
  return `interface ${ifindex}${nameOf(ifindex)} ${hook}`;
}

function nameOf(ifindex: number): string {
  const name = native.interfaceName(ifindex);
  return name === undefined ? '' : ` (${name})`;
}

function tcxPrograms(ifindex: number, hook: native.Hook): readonly number[] {
  try {
    return native.tcxQuery(ifindex, hook).programIds;
  } catch {
    // A kernel without tcx.
    return [];
  }
}

function programName(id: number): string {
  const name = programNamed(id);
  return name === undefined ? `program ${id}` : `program ${id} (${name})`;
}
