/** Plays a history to the model and to the kernel, packet by packet, and writes down what happened. */

import { describeRules, type Side } from './flow-rules.ts';
import { FlowModel, type Judgement } from './flow-model.ts';
import type { Packet, Segment, Tuple } from './flow-words.ts';
import { SEGMENTS, type FlowHistory, type Step } from '../support/generators/flow-histories.ts';
import type { KernelConntrack } from '../support/kernel-conntrack.ts';
import type { KernelHarness } from '../support/kernel-harness.ts';
import { canBeSaid } from './service-model.ts';
import { FlowWorld } from './flow-world.ts';

type Meeting = (step: string, promised: string) => void;

export class FlowPlayer {
  readonly #world: FlowWorld;
  readonly #model: FlowModel;
  readonly #tuples: readonly Tuple[];
  readonly #count: Meeting;
  readonly #transcript: string[] = [];

  /** `count` hears of every packet: by which step, and what was promised. */
  constructor(kernel: KernelHarness, conntrack: KernelConntrack, { tuples, rules, ranOpen }: FlowHistory, count: Meeting) {
    this.#world = new FlowWorld(kernel, conntrack, rules, ranOpen);
    this.#model = new FlowModel(
      (peer) => this.#world.standingOf(peer),
      (tuple) => this.#world.behind(tuple),
    );
    this.#model.edit(rules);
    this.#model.bind(ranOpen);
    this.#tuples = tuples;
    this.#count = count;
    this.#note(`${describeRules(rules)}${ranOpen ? ', of a pod that ran open' : ''}`);
  }

  play(step: Step): void {
    switch (step.do) {
      case 'send': {
        const tuple = this.#tuple(step.which);
        const segment = SEGMENTS[tuple.transport][step.kind % SEGMENTS[tuple.transport].length] ?? 'ack';
        this.#send('send', { by: speakerOf(tuple, segment, step.by), tuple, segment, arrived: step.arrived || !this.#isNode(tuple) });
        return;
      }
      case 'open':
      case 'answer':
      case 'continue':
      case 'close':
        this.#converse(step.do, this.#tuple(step.which), this.#leader(this.#tuple(step.which), step.by));
        return;
      case 'fragment':
        this.#sendFragments(step);
        return;
      case 'error':
        this.#sendError(step.about, this.#tuple(step.which), step.fromRouter);
        return;
      case 'wait': {
        const seconds = this.#model.wait(step.seconds);
        this.#world.elapse(seconds);
        this.#note(`${seconds} quiet seconds`);
        return;
      }
      case 'edit':
        this.#model.edit(step.rules);
        this.#world.edit(step.rules);
        this.#note(describeRules(step.rules));
        return;
      case 'evict':
        this.#evict(step.which === 'all' ? undefined : this.#tuple(step.which));
        return;
      case 'lead':
        this.#world.proxy.lead(step.backend);
        this.#note(`the Service leads to ${step.backend} from now on`);
        return;
      case 'forget': {
        const tuple = this.#tuple(step.which);
        if (tuple.peer !== 'service') return;
        this.#world.proxy.forget(tuple);
        this.#note(`the kernel forgets ${describeTuple(tuple)}`);
        return;
      }
      case 'relabel':
      case 'replace':
        this.#model.change();
        this.#world[step.do](step.pod, step.label);
        this.#note(
          step.do === 'relabel' ? `${step.pod} is labelled ${step.label}` : `another pod has ${step.pod}'s address, labelled ${step.label}`,
        );
        return;
      case 'die':
        this.#model.change();
        this.#world.die(step.pod);
        this.#note(`${step.pod} dies`);
        return;
      case 'sweep':
        this.#model.change();
        for (const name of this.#world.sweep()) this.#model.sweep(name);
        this.#note('what the dead have left is swept');
        return;
      case 'move-node':
        this.#world.moveNode();
        this.#note('the two nodes exchange their addresses');
        return;
      case 'rebind':
        this.#world.unbind();
        this.#model.edit(step.rules);
        this.#world.edit(step.rules);
        this.#model.bind(step.ranOpen);
        this.#world.bind(step.ranOpen);
        this.#note(`the interface is found anew${step.ranOpen ? ', of a pod that ran open' : ''}: ${describeRules(step.rules)}`);
        return;
    }
  }

  /** A whole part of a conversation, begun or led by one side. */
  #converse(part: 'open' | 'answer' | 'continue' | 'close', tuple: Tuple, by: Side): void {
    const other: Side = by === 'pod' ? 'peer' : 'pod';
    const tcp: Readonly<Record<typeof part, readonly (readonly [Side, Segment])[]>> = {
      open: [
        [by, 'syn'],
        [other, 'syn-ack'],
        [by, 'ack'],
      ],
      answer: [[other, 'ack']],
      continue: [
        [by, 'ack'],
        [other, 'ack'],
      ],
      close: [
        [by, 'fin'],
        [other, 'fin'],
        [by, 'ack'],
      ],
    };
    const others: Readonly<Record<Exclude<Tuple['transport'], 'tcp'>, readonly (readonly [Side, Segment])[]>> = {
      udp: [
        [by, 'datagram'],
        [other, 'datagram'],
      ],
      sctp: [
        [by, part === 'open' ? 'init' : 'chunk'],
        [other, 'chunk'],
      ],
      echo: [
        [by, 'request'],
        [other, 'reply'],
      ],
    };
    for (const [speaker, segment] of tuple.transport === 'tcp' ? tcp[part] : others[tuple.transport]) {
      const packet: Packet = { by: speakerOf(tuple, segment, speaker), tuple, segment, arrived: !this.#isNode(tuple) };
      // Who got no answer says no more.
      if (!this.#send(part, packet)) return;
    }
  }

  #send(step: string, packet: Packet): boolean {
    const service = packet.tuple.peer === 'service';
    if (service && !canBeSaid(packet)) return false;
    const judgement = this.#model.judge(packet);
    return this.#meet(service ? `${step} by Service` : step, describePacket(packet), judgement, () =>
      this.#world.send(packet, (tuple, led) => this.#model.mayReach(tuple, led)),
    );
  }

  #sendFragments({ which, by, opens, parts, id }: Extract<Step, { do: 'fragment' }>): void {
    const tuple = this.#tuple(which);
    // The kernel puts them together before it rewrites.
    if (tuple.peer === 'service') return;
    const segments = SEGMENTS[tuple.transport];
    const segment = (opens ? segments[1] : segments[0]) ?? segments[0] ?? 'ack';
    const packet: Packet = { by: speakerOf(tuple, segment, by), tuple, segment, arrived: !this.#isNode(tuple) };
    // A datagram is known by its addresses and its number; over IPv4 by its protocol too.
    const name = [packet.by, tuple.family, tuple.peer, tuple.family === 4 ? tuple.transport : '', id].join(' ');
    for (const part of parts) {
      const judgement = part === 'first' ? this.#model.judgeFirst(packet, name) : this.#model.judgeLater(packet.by, name, packet.arrived);
      this.#meet(`fragment ${part}`, `${part} fragment ${id} of ${describePacket(packet)}`, judgement, () =>
        this.#world.sendFragment(packet, part, id),
      );
    }
  }

  #sendError(about: Side, tuple: Tuple, fromRouter: boolean): void {
    if (tuple.peer === 'itself') return;
    const segment = SEGMENTS[tuple.transport][0] ?? 'ack';
    const quoted: Packet = { by: speakerOf(tuple, segment, about), tuple, segment, arrived: true };
    this.#meet(
      tuple.peer === 'service' ? 'error by Service' : 'error',
      `error about ${describePacket(quoted)}`,
      this.#model.judgeError(quoted),
      () => this.#world.sendError(quoted, fromRouter),
    );
  }

  #meet(step: string, what: string, { promised, whenPassed, whenDropped, unsaid }: Judgement, run: () => boolean): boolean {
    const passed = run();
    this.#note(`${what}: ${passed ? 'passes' : 'is dropped'} (${promised})`);
    this.#count(step, promised);
    if (promised !== 'either' && passed !== (promised === 'allowed'))
      throw new Error(`promised to be ${promised}, ${passed ? 'passed' : 'dropped'}:\n  ${this.#transcript.join('\n  ')}`);
    if (passed) whenPassed?.();
    else whenDropped?.();
    if (unsaid !== undefined) this.#evict(unsaid);
    return passed;
  }

  #evict(tuple?: Tuple): void {
    this.#model.evict(tuple);
    this.#world.evict(tuple);
    this.#note(tuple === undefined ? 'all rows are evicted' : `evicted: ${describeTuple(tuple)}`);
  }

  /** Conversations with a Service are led by the pod. */
  #leader(tuple: Tuple, by: Side): Side {
    return tuple.peer === 'service' ? 'pod' : by;
  }

  #tuple(which: number): Tuple {
    const tuple = this.#tuples[which % this.#tuples.length];
    if (tuple === undefined) throw new Error('a history has a tuple');
    return tuple;
  }

  #isNode(tuple: Tuple): boolean {
    return this.#world.standingOf(tuple.peer).ownNode;
  }

  #note(line: string): void {
    this.#transcript.push(line);
  }
}

/** An echo is asked by the side whose it is. */
function speakerOf({ asker }: Tuple, segment: Segment, by: Side): Side {
  if (asker === undefined) return by;
  if (segment === 'request') return asker;
  return asker === 'pod' ? 'peer' : 'pod';
}

function describeTuple({ family, transport, peer, podPort, peerPort, asker }: Tuple): string {
  const ends = asker === undefined ? `pod:${podPort} with ${peer}:${peerPort}` : `echo ${podPort} of the ${asker === 'pod' ? 'pod' : peer}`;
  return `${ends} (${asker === undefined ? `${transport}, ` : `${peer}, `}IPv${family})`;
}

function describePacket({ by, tuple, segment, arrived }: Packet): string {
  const { peer, podPort, peerPort, transport, family } = tuple;
  const ends = by === 'pod' ? `pod:${podPort} > ${peer}:${peerPort}` : `${peer}:${peerPort} > pod:${podPort}`;
  const made = by === 'peer' && !arrived ? ', made by this node' : '';
  return `${transport} ${segment} ${ends} (IPv${family}${made})`;
}
