/** What is promised of a pod's flows to a Service: they are judged by the backend that they really have. */

import type { Behind, Led } from './flow-proxy.ts';
import type { Judgement, Promised } from './flow-model.ts';
import { OPENINGS, stageAfter, type Flow, type Packet } from './flow-words.ts';

/** What the model knows when it is asked, and how it is told. */
export interface ServiceView {
  readonly behind: Behind;
  /** What is remembered of the flow. */
  readonly flow: Flow | undefined;
  /** May the pod reach it? */
  readonly may: (led: Led) => boolean;
  /** Its pod is gone, and what it left behind may not have been swept yet. */
  readonly departed: (led: Led) => boolean;
  /** The Service's own address may open this to the pod. */
  readonly mayComeAnyway: boolean;
  readonly record: (packet: Packet, opener: Flow['opener']) => void;
  readonly touch: (packet: Packet, flow: Flow) => void;
  readonly forget: () => void;
}

/** At a pod that is isolated for egress. */
export function judgeByBackend(view: ServiceView, packet: Packet): Judgement {
  const { by, segment, tuple } = packet;
  const { flow } = view;
  const promised = by === 'pod' ? promiseOfQuestion(view, OPENINGS.includes(segment)) : promiseOfAnswer(view);
  // What becomes of an old row's age where it waited for after_nat the documents do not say.
  const unclear = flow !== undefined && flow.doubtful && by === 'pod' && stageAfter(segment, flow.stage) !== flow.stage;
  return {
    promised,
    whenPassed: () => goOn(view, packet),
    whenDropped: () => (by === 'pod' && OPENINGS.includes(segment) ? view.forget() : undefined),
    ...(promised === 'either' || unclear ? { unsaid: tuple } : {}),
  };
}

/** At a pod whose egress is open the Service is an address like any other, for which `undefined` stands; but the kernel may say that the pod opened it. */
export function judgeTracked(view: ServiceView, packet: Packet): Judgement | undefined {
  const { by, segment, tuple } = packet;
  const { behind, flow } = view;
  if (behind.entry === undefined || OPENINGS.includes(segment)) return undefined;
  if (flow !== undefined && flow.opener !== 'pod') return { promised: 'either', unsaid: tuple };
  // A datagram that may come in anyway is an opening of its own.
  const opener = by === 'peer' && tuple.transport === 'udp' && view.mayComeAnyway ? 'peer' : 'pod';
  return { promised: 'allowed', whenPassed: () => (flow === undefined ? view.record(packet, opener) : goOn(view, packet)) };
}

function goOn(view: ServiceView, packet: Packet): void {
  if (view.flow === undefined || OPENINGS.includes(packet.segment)) view.record(packet, 'pod');
  else view.touch(packet, view.flow);
}

/** Out of a pod that is isolated for egress: by the backend to which the kernel leads it, or would lead it now. A port whose earlier connection went to one that is denied now opens anew. */
function promiseOfQuestion({ behind: { entry, chosen }, may, departed }: ServiceView, opens: boolean): Promised {
  if (entry !== undefined && may(entry)) return 'allowed';
  if (entry !== undefined && departed(entry)) return 'either';
  if (entry !== undefined && !opens) return 'denied';
  return may(chosen) ? 'allowed' : departed(chosen) ? 'either' : 'denied';
}

/**
 * Into such a pod, or quoted by an error: by the backend that the kernel names. Where it has forgotten the flow, what is remembered speaks as long as
 * nothing has changed; then it waits for the pod's next packet. What nobody remembers is no answer.
 */
export function promiseOfAnswer({ behind: { entry }, flow, may, departed }: ServiceView): Promised {
  if (entry !== undefined) return may(entry) ? 'allowed' : departed(entry) ? 'either' : 'denied';
  if (flow === undefined) return 'denied';
  return flow.doubtful ? 'either' : 'allowed';
}

/** A Service only answers, and a pod does not answer a Service. */
export function canBeSaid({ by, segment }: Pick<Packet, 'by' | 'segment'>): boolean {
  return by === 'pod' ? segment !== 'syn-ack' : segment !== 'syn';
}
