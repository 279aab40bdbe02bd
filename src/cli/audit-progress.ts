/** What goes on, for who waits at a terminal: one line that is gone at the end. */

/** Who waits for less needs to be told nothing. */
const SILENT_MS = 1000;

/** Moves to the line's begin and clears it. */
const CLEAR = '\r\u001b[2K';

interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Work that leaves no time to timers is told of at the next word. */
export class Progress {
  readonly #terminal: Terminal;
  readonly #since = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #shown = false;

  constructor(terminal: Terminal = process.stderr) {
    this.#terminal = terminal;
  }

  /** What is said is gone before `run`'s result is. */
  static async during<T>(run: (progress: Progress) => T | Promise<T>, terminal?: Terminal): Promise<T> {
    const progress = new Progress(terminal);
    try {
      return await run(progress);
    } finally {
      progress.#clear();
    }
  }

  /** `reading 120 files` */
  say(text: string): void {
    if (this.#terminal.isTTY !== true) return;
    clearTimeout(this.#timer);
    const wait = this.#since + SILENT_MS - performance.now();
    if (wait <= 0) this.#show(text);
    else this.#timer = setTimeout(() => this.#show(text), wait).unref();
  }

  #clear(): void {
    clearTimeout(this.#timer);
    if (this.#shown) this.#terminal.write(CLEAR);
    this.#shown = false;
  }

  #show(text: string): void {
    this.#shown = true;
    // A line that wraps could not be cleared.
    this.#terminal.write(`${CLEAR}${text.slice(0, (this.#terminal.columns ?? 80) - 2)}…`);
  }
}
