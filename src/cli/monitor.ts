/** `postern monitor`: packets that a running agent drops, and, asked for, new flows that it allows, one line each as they come. */

import { Command, InvalidArgumentError, Option } from 'commander';
import { REASONS } from '../model/reasons.ts';
import { DIRECTIONS, type Direction, type Verdict } from '../model/verdict.ts';
import { type AgentFlags, withAgent } from './agent-options.ts';
import { socketOf } from './ask-agent.ts';
import { failWith } from './fail-with.ts';
import { parsePeer, parsePortRange, type MonitorFilter, type PeerFilter, type PortRange } from './monitor-filter.ts';
import { runMonitor, type MonitorOptions } from './run-monitor.ts';

interface MonitorFlags extends AgentFlags {
  readonly flows?: boolean;
  readonly json?: boolean;
  readonly count?: number;
  readonly for?: number;
  readonly namespace: readonly string[];
  readonly pod: readonly string[];
  readonly peer: readonly PeerFilter[];
  readonly direction?: Direction;
  readonly verdict: readonly Verdict[];
  readonly reason: readonly string[];
  readonly port: readonly PortRange[];
  readonly protocol: readonly string[];
}

const NO_AGENT = 2;
const VERDICTS: readonly Verdict[] = ['deny', 'allow', 'would-deny'];

const MORE = `
Filters of one kind add up, filters of different kinds must all hold. Ends with Ctrl-C, --count or --for; reconnects while the agent starts anew.
Exit code: 0; 2 no agent answers.

  kubectl -n postern exec ds/postern -- postern monitor --namespace shop --flows --for 60`;

export function monitorCommand(): Command {
  return withAgent(new Command('monitor'))
    .option('--flows', 'new flows that are allowed too, with the rules that allow them')
    .option('--json', 'a line of JSON for each event, as the socket gives it')
    .addOption(many('--namespace <name>', 'events of pods in it').argParser(collect((text) => text)))
    .addOption(many('--pod <name>', 'events of this pod: name, or namespace/name').argParser(collect((text) => text)))
    .addOption(many('--peer <name>', 'who is at the other end: name, namespace/name, address or CIDR').argParser(collect(parsePeer)))
    .addOption(new Option('--direction <direction>', "the pod's own").choices(DIRECTIONS))
    .addOption(many('--verdict <verdict>', 'deny, allow (means --flows), would-deny').argParser(collect(oneOf(VERDICTS))))
    .addOption(many('--reason <name>', 'e.g. POLICY').argParser(collect(oneOf(REASONS.map(({ name }) => name)))))
    .addOption(many('--port <port>', "the destination's, or a range: 8000-8999").argParser(collect(parsePortRange)))
    .addOption(many('--protocol <name>', 'e.g. TCP, ICMP').argParser(collect((text) => text.toUpperCase())))
    .addOption(new Option('--count <number>', 'end after so many events').argParser(parseAmount))
    .addOption(new Option('--for <seconds>', 'end after so long').argParser(parseAmount))
    .addHelpText('after', MORE)
    .action((flags: MonitorFlags) => failWith(NO_AGENT, () => runMonitor(optionsOf(flags))));
}

function optionsOf(flags: MonitorFlags): MonitorOptions {
  return {
    socket: socketOf(flags),
    flows: flags.flows === true || flags.verdict.includes('allow'),
    json: flags.json === true,
    filter: filterOf(flags),
    ...(flags.count === undefined ? {} : { count: flags.count }),
    ...(flags.for === undefined ? {} : { seconds: flags.for }),
  };
}

function filterOf(flags: MonitorFlags): MonitorFilter {
  const { namespace, pod, peer, direction, verdict, reason, port, protocol } = flags;
  return {
    namespaces: namespace,
    pods: pod,
    peers: peer,
    directions: direction === undefined ? [] : [direction],
    verdicts: verdict,
    reasons: reason,
    ports: port,
    protocols: protocol,
  };
}

/** May be given more than once. */
function many(flags: string, description: string): Option {
  return new Option(flags, `${description} (may be repeated)`).default([], 'all');
}

function collect<Value>(parse: (text: string) => Value): (text: string, before: readonly Value[]) => readonly Value[] {
  return (text, before) => [...before, parse(text)];
}

function oneOf<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found === undefined) throw new InvalidArgumentError(`it must be one of ${words.join(', ')}.`);
    return found;
  };
}

/** Timers of Node end at 2^31 milliseconds. */
const MOST = 2_000_000;

function parseAmount(text: string): number {
  const amount = Number(text);
  if (!/^\d+$/.test(text) || amount < 1 || amount > MOST) throw new InvalidArgumentError(`it must be a whole number from 1 to ${MOST}.`);
  return amount;
}
