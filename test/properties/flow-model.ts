/** What is promised of flows over time, as a list of records that is looked through for every packet. Written from the documents; it shares nothing with the program. */

import type { Behind, Led } from './flow-proxy.ts';
import { isIsolated, permits, type PeerClass, type Rules, type Side } from './flow-rules.ts';
import {
  isSameFlow,
  likelyOpener,
  limitOf,
  openerBySight,
  OPENINGS,
  stageAfter,
  type Flow,
  type Packet,
  type Tuple,
} from './flow-words.ts';

import { judgeByBackend, judgeTracked, promiseOfAnswer, type ServiceView } from './service-model.ts';

/** `either` only where the documents leave it open. */
export type Promised = 'allowed' | 'denied' | 'either';

/** What a peer is at the moment. */
export interface Standing {
  readonly classes: readonly PeerClass[];
  readonly ownNode: boolean;
  readonly self: boolean;
  /** Its pod is gone, or it is the own node no more, and what it left behind may not have been swept yet. */
  readonly departed: boolean;
}

export interface Judgement {
  readonly promised: Promised;
  /** What is to be remembered, by what became of the packet. */
  readonly whenPassed?: () => void;
  readonly whenDropped?: () => void;
  /** Whether this flow is remembered from here on the documents do not say: let it be forgotten. */
  readonly unsaid?: Tuple;
}

/** How long an adopting pod may take over flows that nobody recorded, in seconds. */
const TAKE_OVER = 120;
const FRAGMENTS_WAIT = 30;

export class FlowModel {
  #rules: Rules = {};
  #now = 0;
  #flows: Flow[] = [];
  #ranOpen = false;
  #takeOverUntil = -1;
  #firsts: { readonly name: string; readonly packet: Packet; readonly at: number }[] = [];
  readonly #standingOf: (peer: string) => Standing;
  readonly #behind: (tuple: Tuple) => Behind;

  constructor(standingOf: (peer: string) => Standing, behind: (tuple: Tuple) => Behind) {
    this.#standingOf = standingOf;
    this.#behind = behind;
  }

  get rules(): Rules {
    return this.#rules;
  }

  get inTakeOver(): boolean {
    return this.#now < this.#takeOverUntil;
  }

  /* What happens around the packets */

  bind(ranOpen: boolean): void {
    this.change();
    this.#takeOverUntil = ranOpen && isIsolated(this.#rules) ? this.#now + TAKE_OVER : -1;
    this.#ranOpen = ranOpen || !isIsolated(this.#rules);
  }

  /** Something that flows may be judged by is another now. */
  change(): void {
    for (const flow of this.#flows) flow.doubtful = true;
  }

  edit(rules: Rules): void {
    this.change();
    if (isIsolated(rules) && !isIsolated(this.#rules) && this.#ranOpen) this.#takeOverUntil = this.#now + TAKE_OVER;
    if (!isIsolated(rules)) this.#ranOpen = true;
    this.#rules = rules;
  }

  /** No flow's end may fall within a few seconds of the end of waiting: the program's clock is not the model's. Gives the seconds that were waited. */
  wait(seconds: number): number {
    const ends = (): number[] => [
      ...this.#flows.map((flow) => flow.seen + limitOf(flow)),
      ...this.#firsts.map((first) => first.at + FRAGMENTS_WAIT),
      this.#takeOverUntil,
    ];
    let waited = seconds;
    while (ends().some((end) => Math.abs(end - this.#now - waited) < 4)) waited += 3;
    this.#now += waited;
    return waited;
  }

  evict(tuple?: Tuple): void {
    this.#flows = tuple === undefined ? [] : this.#flows.filter((flow) => !isSameFlow(flow.tuple, tuple));
  }

  /** The dead address's flows are swept. */
  sweep(peer: string): void {
    this.#flows = this.#flows.filter((flow) => flow.tuple.peer !== peer);
  }

  /* Packets */

  judge(packet: Packet): Judgement {
    const { tuple, by, segment } = packet;
    const standing = this.#standingOf(tuple.peer);
    if (!isIsolated(this.#rules) || standing.self) return { promised: 'allowed' };
    if (tuple.peer === 'service') {
      const view = this.#viewOf(tuple);
      const judgement = this.#rules.egress === undefined ? judgeTracked(view, packet) : judgeByBackend(view, packet);
      if (judgement !== undefined) return judgement;
    }
    const opens = OPENINGS.includes(segment);
    if (standing.ownNode && (by === 'pod' || !packet.arrived)) return { promised: 'allowed', whenPassed: () => this.#rememberNode(packet) };
    if (opens) {
      const leavesNothing = segment === 'syn' && by === 'peer';
      return this.#may(by, tuple)
        ? { promised: 'allowed', whenPassed: () => (leavesNothing ? undefined : this.#record(packet, by)) }
        : { promised: 'denied' };
    }
    const flow = this.#find(tuple);
    if (flow === undefined) return this.#judgeUnknown(packet);
    // As if there were no row of the node's own traffic. What becomes of it the documents do not say.
    if (standing.ownNode && flow.node === 'yes') return { promised: this.#judgeUnknown(packet).promised, unsaid: tuple };
    if (standing.ownNode && flow.node === 'perhaps') {
      const [known, unknown] = [this.#judgeKnown(packet, flow, standing).promised, this.#judgeUnknown(packet).promised];
      return { promised: known === unknown ? known : 'either', unsaid: tuple };
    }
    return this.#judgeKnown(packet, flow, standing);
  }

  /** An ICMP error that quotes this packet, which went the other way. */
  judgeError(quoted: Packet): Judgement {
    const { ingress, egress } = this.#rules;
    if ((quoted.by === 'pod' ? ingress : egress) === undefined || this.#standingOf(quoted.tuple.peer).ownNode)
      return { promised: 'allowed' };
    if (quoted.tuple.peer === 'service') {
      const view = this.#viewOf(quoted.tuple);
      if (egress !== undefined) return { promised: promiseOfAnswer(view) };
      return { promised: view.flow === undefined && !this.inTakeOver ? 'allowed' : 'either' };
    }
    const segment =
      quoted.tuple.transport === 'tcp'
        ? 'ack'
        : quoted.tuple.transport === 'sctp'
          ? 'chunk'
          : quoted.tuple.transport === 'udp'
            ? 'datagram'
            : 'reply';
    // Of TCP eight bytes are quoted: no flags.
    return { promised: this.judge({ ...quoted, segment, arrived: true }).promised };
  }

  /** The first fragment of a datagram is judged as a packet, and remembered for the others. */
  judgeFirst(packet: Packet, name: string): Judgement {
    const judgement = this.judge(packet);
    const forget = (): void => void (this.#firsts = this.#firsts.filter((first) => first.name !== name));
    return {
      ...judgement,
      whenPassed: () => {
        judgement.whenPassed?.();
        if (!isIsolated(this.#rules)) return;
        forget();
        this.#firsts.push({ name, packet, at: this.#now });
      },
      whenDropped: () => {
        judgement.whenDropped?.();
        forget();
      },
    };
  }

  judgeLater(by: Side, name: string, arrived: boolean): Judgement {
    if (!isIsolated(this.#rules)) return { promised: 'allowed' };
    const first = this.#firsts.find((one) => one.name === name && this.#now - one.at <= FRAGMENTS_WAIT);
    if (first === undefined)
      return { promised: (by === 'pod' ? this.#rules.egress : this.#rules.ingress) === undefined ? 'allowed' : 'denied' };
    const { tuple, segment } = first.packet;
    // An echo's do not say that they ask: what the other side opened since may speak for them.
    if (segment === 'request' && !this.#may(by, tuple) && this.#find(tuple) !== undefined) return { promised: 'either', unsaid: tuple };
    // It follows its first, and is no packet of its own: an opening's leaves nothing.
    if (OPENINGS.includes(segment)) return { promised: this.judge({ ...first.packet, arrived }).promised };
    const judgement = this.judge({ by, tuple, segment, arrived });
    return this.#find(tuple) === undefined ? { promised: judgement.promised, unsaid: tuple } : judgement;
  }

  #viewOf(tuple: Tuple): ServiceView {
    return {
      behind: this.#behind(tuple),
      flow: this.#find(tuple),
      may: (led: Led) => this.mayReach(tuple, led),
      departed: ({ backend }) => this.#standingOf(backend).departed,
      mayComeAnyway: this.#may('peer', tuple),
      record: (packet, opener) => this.#record(packet, opener),
      touch: (packet, flow) =>
        void Object.assign(flow, { seen: this.#now, stage: stageAfter(packet.segment, flow.stage), doubtful: false }),
      forget: () => this.evict(tuple),
    };
  }

  /** May the pod open this to that backend? */
  mayReach({ transport }: Tuple, { backend, port }: Led): boolean {
    return permits(this.#rules, 'pod', this.#standingOf(backend).classes, transport, port);
  }

  #judgeKnown(packet: Packet, flow: Flow, standing: Standing): Judgement {
    const { tuple, by, segment } = packet;
    const answersSyn = segment === 'syn-ack' && by === 'pod';
    const promised = this.#promiseOf(flow, answersSyn);
    return {
      // Rows of an address whose pod has gone are swept within a second; until then they may speak.
      promised: standing.departed && promised === 'denied' ? 'either' : promised,
      whenPassed: () => {
        if (answersSyn) flow.opener = flow.opener === 'pod' ? 'contested' : 'peer';
        Object.assign(flow, { seen: this.#now, stage: stageAfter(segment, flow.stage) });
      },
      ...(answersSyn && !this.#may('peer', tuple) ? { unsaid: tuple } : {}),
    };
  }

  #promiseOf({ opener, tuple }: Flow, answersSyn: boolean): Promised {
    const permitted = (['pod', 'peer'] as const).filter((side) => this.#may(side, tuple));
    // It says that the peer opened. What it is where the peer must not, the documents do not say.
    if (answersSyn) return permitted.includes('peer') ? 'allowed' : permitted.length === 0 ? 'denied' : 'either';
    if (opener === 'pod' || opener === 'peer') return permitted.includes(opener) ? 'allowed' : 'denied';
    if (permitted.length !== 1) return permitted.length === 0 ? 'denied' : 'allowed';
    return opener === 'guess' && permitted[0] === likelyOpener(tuple) ? 'allowed' : 'either';
  }

  /** Nothing is remembered of it, and it is no opening. */
  #judgeUnknown(packet: Packet): Judgement {
    const { tuple, by, segment } = packet;
    const own = this.#may(by, tuple);
    if (tuple.transport !== 'tcp') {
      // Answers that were on their way when isolation began pass for a moment.
      const answers = tuple.transport === 'udp' && this.#takeOverUntil === this.#now + TAKE_OVER;
      if (!own) return { promised: answers && this.#may(by === 'pod' ? 'peer' : 'pod', tuple) ? 'either' : 'denied' };
      // What a denied side opened before the isolation must not live on as what the other side opened.
      const opener = openerBySight(packet);
      const explains = !(this.inTakeOver && tuple.transport === 'udp' && opener !== undefined && !this.#may(opener, tuple));
      return { promised: 'allowed', whenPassed: () => (explains ? this.#record(packet, by) : undefined) };
    }
    if (this.inTakeOver) {
      const opener = openerBySight(packet);
      const never = !this.#may('pod', tuple) && !this.#may('peer', tuple);
      if (never) return { promised: 'denied', unsaid: tuple };
      if (opener !== undefined && !this.#may(opener, tuple))
        return { promised: 'denied', whenDropped: () => this.#record({ ...packet, segment: 'ack' }, opener) };
    }
    if (by === 'pod' && segment === 'syn-ack' && this.#may('peer', tuple))
      return { promised: 'allowed', whenPassed: () => this.#record(packet, 'peer') };
    const reply = this.#may(by === 'pod' ? 'peer' : 'pod', tuple) && (by === 'pod' || this.inTakeOver);
    // Between equal ports the opener is anyone's guess.
    if (this.inTakeOver && openerBySight(packet) === undefined && !own && reply) return { promised: 'either', unsaid: tuple };
    return own || reply
      ? { promised: 'allowed', whenPassed: () => this.#record(packet, own && segment !== 'syn-ack' ? 'guess' : 'contested') }
      : { promised: 'denied' };
  }

  #may(opener: Side, tuple: Tuple): boolean {
    const port = opener === 'pod' ? tuple.peerPort : tuple.podPort;
    return permits(this.#rules, opener, this.#standingOf(tuple.peer).classes, tuple.transport, port);
  }

  #find(tuple: Tuple): Flow | undefined {
    return this.#flows.find((flow) => isSameFlow(flow.tuple, tuple) && this.#now - flow.seen <= limitOf(flow));
  }

  #record({ tuple, segment }: Packet, opener: Flow['opener'], node: Flow['node'] = 'no'): void {
    this.evict(tuple);
    this.#flows.push({ tuple, opener, stage: stageAfter(segment, 'opening'), seen: this.#now, node, doubtful: false });
  }

  #rememberNode(packet: Packet): void {
    const flow = this.#find(packet.tuple);
    const { segment, by } = packet;
    if (segment === 'syn' && by === 'peer') return;
    if (flow === undefined || OPENINGS.includes(segment)) this.#record(packet, 'contested', 'yes');
    else
      Object.assign(flow, {
        seen: this.#now,
        stage: stageAfter(segment, flow.stage),
        opener: 'contested',
        node: flow.node === 'yes' ? 'yes' : 'perhaps',
      });
  }
}
