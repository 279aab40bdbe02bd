/** Puts the program after_nat on the node's POST_ROUTING, by a pinned netfilter link for each family; such a link's program cannot be replaced in place. */

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { linkPath, linksFolder, placeOf } from './link-names.ts';
import { freeName } from './put-aside.ts';
import { isPosterns, readLink } from './read-link.ts';
import type { HookFinding, HookPlace } from './verify-hooks.ts';

/** AF_INET, AF_INET6 */
const FAMILIES = [2, 10] as const;
/** NF_INET_POST_ROUTING */
const POST_ROUTING = 4;
/** Before source NAT (NF_IP_PRI_NAT_SRC, 100). Two programs cannot have the same place, so an agent that follows another takes the next one. */
const PRIORITIES = [90, 91, 92, 93, 94, 95, 96, 97, 98, 99] as const;

export class AfterNat {
  readonly #program: native.Fd | undefined;
  readonly #bpfRoot: string;
  /** Pins of this agent's own links. */
  readonly #own = new Set<string>();
  /** An earlier agent's may judge for the interfaces that it still has. */
  #besideEarlier = true;

  /** `program` is undefined where the kernel has no such programs. `bpfRoot` must lie on a bpf file system, with its links sorted. */
  constructor(program: native.Fd | undefined, bpfRoot: string) {
    this.#program = program;
    this.#bpfRoot = bpfRoot;
  }

  get attached(): boolean {
    return this.#own.size > 0;
  }

  /** Beside an earlier agent's, which goes on judging for the interfaces that it still has. */
  attach(): void {
    if (this.#program === undefined || this.attached) return;
    try {
      for (const family of FAMILIES) this.#own.add(attachFamily(this.#bpfRoot, family, this.#program));
    } catch (cause) {
      this.detach();
      const message = `after_nat cannot be attached: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new PosternError('E_ATTACH', message, { cause });
    }
  }

  detach(): void {
    for (const path of this.#own) this.#unpin(path);
    this.#own.clear();
  }

  /** Its links as they should be, one for each family; and those that nobody needs. */
  places(): HookPlace[] {
    const own: HookPlace[] = [...this.#own].map((path) => ({ what: 'hooks', inspect: () => this.#inspect(path) }));
    return this.#besideEarlier
      ? own
      : [...own, ...this.#strays().map((path) => ({ what: 'pins', inspect: () => this.#inspectStray(path) }))];
  }

  #inspect(path: string): HookFinding | undefined {
    if (!this.#own.has(path)) return undefined;
    const place = placeOf(basename(path));
    const [family, priority] = place?.kind === 'forwarding' ? [place.family, place.priority] : [0, 0];
    const base = {
      where: `POST_ROUTING of ${family === FAMILIES[0] ? 'IPv4' : 'IPv6'}`,
      expected: `after_nat at priority ${priority}`,
      // What it does not see is judged at neither hook of the interface.
      unguarded: false,
      mend: () => {
        const fresh = attachFamily(this.#bpfRoot, family, this.#need());
        if (fresh !== path) this.#unpin(path);
        this.#own.delete(path);
        this.#own.add(fresh);
      },
    };
    const link = readLink(path);
    if (link === 'none') return { ...base, kind: 'missing', found: null };
    if (link === 'no link' || link.programId !== native.programInfo(this.#need()).id)
      return { ...base, kind: 'changed', found: 'a pin of something else' };
    // A link that somebody detached looks like any other; but its place is free.
    const probe = attachAt(family, priority, this.#need());
    if (probe === undefined) return undefined;
    native.close(probe);
    return { ...base, kind: 'severed', found: 'a link that leads nowhere' };
  }

  #need(): native.Fd {
    if (this.#program === undefined) throw new PosternError('E_DATAPATH', 'the BPF object has no program "after_nat"');
    return this.#program;
  }

  #inspectStray(path: string): HookFinding | undefined {
    const link = readLink(path);
    if (link === 'none' || this.#own.has(path)) return undefined;
    return {
      kind: 'foreign',
      where: `links/${basename(path)}`,
      expected: null,
      found: typeof link === 'object' && isPosterns(link) ? 'a program that judges by what is not in force' : 'a pin of something else',
      unguarded: false,
      mend: () => this.#unpin(path),
    };
  }

  /** Once no interface has an earlier agent's programs any more. */
  detachEarlier(): void {
    for (const path of this.#strays()) this.#unpin(path);
    this.#besideEarlier = false;
  }

  #strays(): string[] {
    const folder = linksFolder(this.#bpfRoot);
    const names = readdirSync(folder).filter((name) => placeOf(name)?.kind === 'forwarding');
    return names.map((name) => join(folder, name)).filter((path) => !this.#own.has(path));
  }

  #unpin(path: string): void {
    freePin(this.#bpfRoot, path);
  }
}

function freePin(bpfRoot: string, path: string): void {
  const link = readLink(path);
  freeName(bpfRoot, path, typeof link === 'object' && isPosterns(link));
}

/** Returns the path of the pin. */
function attachFamily(bpfRoot: string, family: number, program: native.Fd): string {
  for (const priority of PRIORITIES) {
    const link = attachAt(family, priority, program);
    if (link === undefined) continue;
    const path = linkPath(bpfRoot, { kind: 'forwarding', family, priority });
    try {
      // A pin whose place is free is one of a network namespace that is gone.
      freePin(bpfRoot, path);
      native.pin(link, path);
      return path;
    } finally {
      native.close(link);
    }
  }
  throw new PosternError(
    'E_ATTACH',
    `every place from ${PRIORITIES[0]} to ${PRIORITIES.at(-1)} of POST_ROUTING is taken by other BPF programs`,
    {
      mend: 'see them with: bpftool link',
    },
  );
}

/** `undefined` where another BPF program has the place. */
function attachAt(family: number, priority: number, program: native.Fd): native.Fd | undefined {
  try {
    return native.netfilterAttach(family, POST_ROUTING, priority, program);
  } catch (error) {
    if ((error as { code?: string }).code === 'EBUSY') return undefined;
    throw error;
  }
}
