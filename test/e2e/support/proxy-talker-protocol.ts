/** What a test asks of a talker, and what it hears. */

export type TalkProtocol = 'TCP' | 'UDP';

/** The name of the server that answered; else `silent`, `refused`, `unreachable`, `cut` (a connection that was there has ended), or an error's own words. */
export type Answer = string;

export interface Serving {
  /** What it answers with. */
  readonly name: string;
  readonly tcp: readonly number[];
  readonly udp: readonly number[];
  /** Default: all that the namespace has. */
  readonly hosts?: readonly string[];
}

export interface Opening {
  readonly protocol: TalkProtocol;
  readonly host: string;
  readonly port: number;
  /** Default: the kernel's choice. */
  readonly from?: string;
  readonly sourcePort?: number;
}

export type TalkRequest =
  | ({ readonly op: 'serve' } & Serving)
  /** Open a flow, say something, and wait for the answer. The flow stays open under its name. */
  | ({ readonly op: 'open'; readonly flow: string; readonly timeoutMs: number } & Opening)
  | { readonly op: 'say'; readonly flow: string; readonly timeoutMs: number }
  /** As a server: say something, unasked, to everyone who is or was here. */
  | { readonly op: 'push' }
  /** As a server: end every connection without a word more, and say nothing unasked to anyone who was here. */
  | { readonly op: 'forget' }
  /** Did a push arrive on that flow since the last time that this was asked? */
  | { readonly op: 'pushed'; readonly flow: string; readonly timeoutMs: number }
  | { readonly op: 'close'; readonly flow: string }
  /** As a server: by the clients' addresses, how often they spoke. */
  | { readonly op: 'visitors' };

export interface TalkAnswers {
  readonly serve: void;
  readonly open: Answer;
  readonly say: Answer;
  readonly push: void;
  readonly forget: void;
  readonly pushed: boolean;
  readonly close: void;
  readonly visitors: Readonly<Record<string, number>>;
}
