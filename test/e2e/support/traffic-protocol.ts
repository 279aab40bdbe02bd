/** What a test asks of a pod's process, and what it hears. */

export interface StreamRequest {
  /** `connections`: a new one each time, with an echo; `talk`: one on which both sides send numbers; `held`: bytes on one connection, with an echo; `datagrams`: numbered, from one socket, each with an echo. */
  readonly stream: 'connections' | 'talk' | 'held' | 'datagrams';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly everyMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
  /** Datagrams and talk; default: any. */
  readonly localPort?: number;
}

export interface StreamReport {
  /** Connections, datagrams, or numbers of both sides. */
  readonly sent: number;
  /** Those that were answered; of a talk, those that arrived, on either side. */
  readonly answered: number;
  /** The connection of a talk, or one that is held, has ended, or something came out of order. */
  readonly closed: boolean;
  /** How many of the last ones in a row were not answered. */
  readonly silent: number;
  /** Connections: when each began (CLOCK_MONOTONIC, milliseconds) and whether it was answered. */
  readonly timeline?: readonly (readonly [startedAt: number, answered: boolean])[];
  /** Held: when the last byte came back (CLOCK_MONOTONIC, milliseconds). */
  readonly lastHeardAt?: number;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export type Request =
  | { readonly op: 'serve'; readonly echo: readonly number[]; readonly talk: readonly number[]; readonly udp: readonly number[] }
  | ({ readonly op: 'connect' } & Target)
  | ({ readonly op: 'datagram' } & Target)
  | { readonly op: 'flood'; readonly host: string; readonly count: number; readonly firstPort: number }
  | { readonly op: 'forget'; readonly peers: readonly string[] }
  | { readonly op: 'heard' }
  | { readonly op: 'losses' }
  | ({ readonly op: 'start' } & StreamRequest)
  | { readonly op: 'stop'; readonly name: string };

export interface Answers {
  readonly serve: void;
  readonly connect: boolean;
  readonly datagram: boolean;
  /** One datagram to each of so many ports. */
  readonly flood: void;
  /** Ends every connection that these peers opened: on one that was cut, segments would be sent again for minutes. */
  readonly forget: void;
  /** Connections and datagrams that came in, by the peer's address. */
  readonly heard: Readonly<Record<string, number>>;
  /** TCP segments that were lost on their way out of the pod, so far. */
  readonly losses: number;
  readonly start: void;
  readonly stop: StreamReport;
}
