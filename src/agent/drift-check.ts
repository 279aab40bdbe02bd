/** Compares the kernel with what the compiler wants, now and then and when asked; tells what it found. */

import type { Logger } from 'pino';
import type { Compiler } from '../compiler/compiler.ts';
import type { Datapath, DesiredState } from '../datapath/port.ts';
import { countDiffered, countRepaired, type Drift, type DriftReport } from '../model/drift.ts';
import { PosternError } from '../model/error.ts';
import type { Interfaces } from './interfaces.ts';
import type { Reconciler } from './reconciler.ts';

export interface DriftCheckOptions {
  readonly compiler: Compiler;
  readonly datapath: Datapath;
  readonly interfaces: Interfaces;
  readonly reconciler: Reconciler;
  readonly log: Logger;
  /** Between checks; 0: none but those that are asked for. */
  readonly intervalMs: number;
}

/** A report, with when it was made. */
export interface DriftOutcome extends DriftReport {
  /** RFC 3339, of the end of the check. */
  readonly checkedAt: string;
  /** False: what differs was left as it is. */
  readonly repair: boolean;
}

/** Log lines for one check. */
const DRIFTS_LOGGED = 10;

export class DriftCheck {
  readonly #options: DriftCheckOptions;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> = Promise.resolve();
  #stopped = false;
  #last: DriftOutcome | undefined;
  #checks = 0;
  readonly #byWhat = new Map<string, { found: number; repaired: number }>();
  /** What could not be repaired is told once. */
  #known: ReadonlySet<string> = new Set();

  constructor(options: DriftCheckOptions) {
    this.#options = options;
    this.#checkLater();
  }

  get last(): DriftOutcome | undefined {
    return this.#last;
  }

  /** Since the start. */
  get totals(): { readonly checks: number; readonly found: number; readonly repaired: number } {
    const sum = (field: 'found' | 'repaired'): number => this.#byWhat.values().reduce((total, counts) => total + counts[field], 0);
    return { checks: this.#checks, found: sum('found'), repaired: sum('repaired') };
  }

  /** Since the start, for each line of the reports (`Compared.what`). */
  get totalsByWhat(): ReadonlyMap<string, { readonly found: number; readonly repaired: number }> {
    return this.#byWhat;
  }

  /** One check at a time: another waits for it. Throws what `Datapath.verify` throws. */
  run(repair: boolean): Promise<DriftOutcome> {
    const run = this.#running.then(() => this.#run(repair));
    this.#running = run.catch(() => undefined);
    return run;
  }

  /** Resolves when no check reads the kernel any more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #run(repair: boolean): Promise<DriftOutcome> {
    const report = await this.#options.datapath.verify(this.#desired(), repair);
    const outcome = { checkedAt: new Date().toISOString(), repair, ...report };
    this.#last = outcome;
    this.#checks += 1;
    for (const { what, differed, repaired } of report.compared) {
      const before = this.#byWhat.get(what) ?? { found: 0, repaired: 0 };
      this.#byWhat.set(what, { found: before.found + differed, repaired: before.repaired + repaired });
    }
    this.#tell(report);
    return outcome;
  }

  #tell(report: DriftReport): void {
    const fresh = report.drifts.filter((drift) => drift.repaired || !this.#known.has(JSON.stringify(drift)));
    this.#known = new Set(report.drifts.filter((drift) => !drift.repaired).map((drift) => JSON.stringify(drift)));
    for (const drift of fresh.slice(0, DRIFTS_LOGGED)) this.#options.log.warn({ code: 'E_DRIFT', ...drift }, describeDrift(drift));
    if (fresh.length <= DRIFTS_LOGGED) return;
    const counts = { found: countDiffered(report), repaired: countRepaired(report) };
    this.#options.log.warn({ code: 'E_DRIFT', ...counts }, 'and more that differs in the kernel from what it was told');
  }

  #checkLater(): void {
    const { intervalMs, log } = this.#options;
    if (intervalMs === 0 || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.run(true)
        .catch((error: unknown) => {
          const code = error instanceof PosternError ? error.code : 'E_DRIFT';
          // It is told elsewhere why.
          if (code !== 'E_NOT_SETTLED') log.error({ code, err: error }, 'the kernel could not be compared with what it was told');
        })
        .finally(() => this.#checkLater());
    }, intervalMs);
  }

  #desired(): DesiredState {
    const { compiler, interfaces, reconciler } = this.#options;
    return {
      operations: (kind) => this.#whileRunning(compiler.desired(kind)),
      get generation() {
        return compiler.generation;
      },
      settle: () => !this.#stopped && reconciler.settleNow(),
      guarded: () => [...interfaces.bound.values()].map(({ binding }) => binding.ifindex),
      roleOf: (ifindex) => reconciler.roleOf(ifindex),
      replaceConfigs(ids) {
        compiler.endpoints.replaceConfigs(ids);
        reconciler.flushSoon();
      },
      judgeAgain() {
        compiler.judgeAgain();
        reconciler.flushSoon();
      },
      ranOpen(ifindexes) {
        compiler.endpoints.ranOpen(ifindexes);
        reconciler.flushSoon();
      },
    };
  }

  *#whileRunning<Each>(values: Iterable<Each>): Generator<Each> {
    for (const value of values) {
      if (this.#stopped) throw new PosternError('E_NOT_SETTLED', 'the agent is stopping');
      yield value;
    }
  }
}

/** `pairs: ruleset 3, identity 7 is foreign: found all ports, expected nothing; repaired` */
export function describeDrift({ what, kind, where, expected, found, repaired, note }: Drift): string {
  const rest = note === undefined ? '' : ` (${note})`;
  return `${what}: ${where} is ${kind}: found ${found ?? 'nothing'}, expected ${expected ?? 'nothing'}; ${repaired ? 'repaired' : 'not repaired'}${rest}`;
}
