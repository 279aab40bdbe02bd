/** Puts the program after_nat on the node's POST_ROUTING, by a pinned netfilter link for each family; such a link's program cannot be replaced in place. */

import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as native from '../../native/index.js';
import { PosternError } from '../model/error.ts';
import { readLink } from './read-link.ts';
import type { HookFinding, HookPlace } from './verify-hooks.ts';

/** AF_INET, AF_INET6 */
const FAMILIES = [2, 10] as const;
/** NF_INET_POST_ROUTING */
const POST_ROUTING = 4;
/** Before source NAT (NF_IP_PRI_NAT_SRC, 100). Two programs cannot have the same place, so an agent that follows another takes the next one. */
const PRIORITIES = [90, 91, 92, 93, 94, 95, 96, 97, 98, 99] as const;

export class AfterNat {
  readonly #program: native.Fd | undefined;
  readonly #links: string;
  /** Pins of this agent's own links. */
  readonly #own = new Set<string>();

  /** `program` is undefined where the kernel has no such programs. `bpfRoot` must lie on a bpf file system. */
  constructor(program: native.Fd | undefined, bpfRoot: string) {
    this.#program = program;
    this.#links = join(bpfRoot, 'links');
    mkdirSync(this.#links, { recursive: true });
  }

  get attached(): boolean {
    return this.#own.size > 0;
  }

  /** Beside an earlier agent's, which goes on judging for the interfaces that it still has. */
  attach(): void {
    if (this.#program === undefined || this.attached) return;
    try {
      for (const family of FAMILIES) this.#own.add(attachFamily(this.#links, family, this.#program));
    } catch (cause) {
      this.detach();
      const message = `after_nat cannot be attached: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new PosternError('E_ATTACH', message, { cause });
    }
  }

  detach(): void {
    for (const path of this.#own) rmSync(path, { force: true });
    this.#own.clear();
  }

  /** Its links as they should be, one for each family. */
  places(): HookPlace[] {
    return [...this.#own].map((path) => ({ what: 'hooks', inspect: () => this.#inspect(path) }));
  }

  #inspect(path: string): HookFinding | undefined {
    const [family = 0, priority = 0] = basename(path).slice(PREFIX.length).split('_').map(Number);
    const base = {
      where: `POST_ROUTING of ${family === FAMILIES[0] ? 'IPv4' : 'IPv6'}`,
      expected: `after_nat at priority ${priority}`,
      // What it does not see is judged at neither hook of the interface.
      unguarded: false,
      mend: () => {
        this.#own.delete(path);
        this.#own.add(attachFamily(this.#links, family, this.#need()));
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

  /** Once no interface has an earlier agent's programs any more. */
  detachEarlier(): void {
    for (const name of readdirSync(this.#links)) {
      const path = join(this.#links, name);
      if (name.startsWith(PREFIX) && !this.#own.has(path)) rmSync(path, { force: true });
    }
  }
}

const PREFIX = 'after_nat_';

/** Returns the path of the pin. */
function attachFamily(links: string, family: number, program: native.Fd): string {
  for (const priority of PRIORITIES) {
    const link = attachAt(family, priority, program);
    if (link === undefined) continue;
    const path = join(links, `${PREFIX}${family}_${priority}`);
    try {
      // A pin whose place is free is one of a network namespace that is gone.
      rmSync(path, { force: true });
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
