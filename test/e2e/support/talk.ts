/** A connection on which both sides send numbers, each at its own pace, and each checks that the other's come whole and in order. */

import type { Socket } from 'node:net';

/** Ends the numbers of one side; what it has sent and what has arrived there follow. */
const END = 0xffffffff;
const WORD = 4;

export interface TalkCounts {
  readonly sent: number;
  readonly arrived: number;
}

export class Talk {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  readonly #onEnd: (peer: TalkCounts) => void;
  #rest = Buffer.alloc(0);
  #sent = 0;
  #arrived = 0;
  #closed = false;
  #disordered = false;

  /** `onEnd` is called when the other side has said its last number. */
  constructor(socket: Socket, everyMs: number, onEnd: (peer: TalkCounts) => void) {
    this.#socket = socket;
    this.#onEnd = onEnd;
    socket.setNoDelay(true);
    socket.on('data', (data: Buffer) => this.#read(data));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#closed = true;
      clearInterval(this.#timer);
    });
    this.#timer = setInterval(() => this.#say(this.#sent++), everyMs);
  }

  get counts(): TalkCounts {
    return { sent: this.#sent, arrived: this.#arrived };
  }

  /** The connection has ended, or a number was not the next one. */
  get broken(): boolean {
    return this.#closed || this.#disordered;
  }

  /** Send no more numbers, and tell the counts. */
  end(): void {
    clearInterval(this.#timer);
    this.#say(END, this.#sent, this.#arrived);
  }

  #say(...words: readonly number[]): void {
    const bytes = Buffer.alloc(words.length * WORD);
    words.forEach((word, index) => bytes.writeUInt32BE(word, index * WORD));
    if (!this.#closed) this.#socket.write(bytes);
  }

  #read(data: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, data]);
    while (this.#rest.length >= WORD) {
      const word = this.#rest.readUInt32BE(0);
      if (word === END) {
        if (this.#rest.length < 3 * WORD) return;
        this.#onEnd({ sent: this.#rest.readUInt32BE(WORD), arrived: this.#rest.readUInt32BE(2 * WORD) });
        return;
      }
      if (word === this.#arrived) this.#arrived += 1;
      else this.#disordered = true;
      this.#rest = this.#rest.subarray(WORD);
    }
  }
}
