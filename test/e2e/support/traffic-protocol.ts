/** What a test asks of a pod's process, and what it hears. */

export interface StreamRequest {
  /** `connections`: a new one each time; `held`: bytes on one connection; `datagrams`: from one socket. Each expects an echo. */
  readonly stream: 'connections' | 'held' | 'datagrams';
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly everyMs: number;
  /** How long an answer may take. */
  readonly timeoutMs: number;
}

export interface StreamReport {
  readonly sent: number;
  readonly answered: number;
  /** A held connection has ended. */
  readonly closed: boolean;
}

interface Target {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

export type Request =
  | { readonly op: 'serve'; readonly tcp: readonly number[]; readonly udp: readonly number[] }
  | ({ readonly op: 'connect' } & Target)
  | ({ readonly op: 'datagram' } & Target)
  | { readonly op: 'heard' }
  | { readonly op: 'losses' }
  | ({ readonly op: 'start' } & StreamRequest)
  | { readonly op: 'stop'; readonly name: string };

export interface Answers {
  readonly serve: void;
  readonly connect: boolean;
  readonly datagram: boolean;
  /** Connections and datagrams that came in, by the peer's address. */
  readonly heard: Readonly<Record<string, number>>;
  /** TCP segments that were lost on their way out of the pod, so far. */
  readonly losses: number;
  readonly start: void;
  readonly stop: StreamReport;
}
