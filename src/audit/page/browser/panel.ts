/** The panel beside the stage: what was audited, or why a pair is as it is. */

import { isEmptyPorts, type Ports } from '../../../policy/ports.ts';
import { describePorts } from '../../describe-rule.ts';
import type { MatrixPeer, MatrixReport } from '../../matrix/matrix-report.ts';
import { fullName, nameInNamespace, plainText } from '../../matrix/matrix-view.ts';
import { judgeSide, type RuleVerdict, type SideVerdict } from '../../matrix/rule-verdicts.ts';
import { element, type Child } from './element.ts';
import type { PageModel } from './page-model.ts';
import { countText, groupTitle, peerText, verdictText } from './words.ts';

export interface PanelEvents {
  readonly onClose: () => void;
  readonly onSwap: () => void;
}

export function cellPanel(model: PageModel, source: MatrixPeer, destination: MatrixPeer, events: PanelEvents): Child[] {
  const { report } = model;
  const index = report.allowed[source.class]?.[destination.class] ?? -1;
  const ports = report.portSets[index];
  const swap = element('button', { type: 'button', class: 'quiet' }, '⇄ Other way round');
  swap.addEventListener('click', events.onSwap);
  const close = element('button', { type: 'button', class: 'quiet', 'aria-label': 'Close the details' }, '✕');
  close.addEventListener('click', events.onClose);
  const sides: Child[] =
    ports === undefined
      ? [element('p', { class: 'note' }, 'Both are outside of the cluster: no policy judges what passes between them.')]
      : [
          sideSection('Egress', source, destination, judgeSide(report, 'egress', source.class, destination.class), 'leave', source),
          sideSection(
            'Ingress',
            source,
            destination,
            judgeSide(report, 'ingress', source.class, destination.class),
            'come in',
            destination,
          ),
        ];
  const own =
    source === destination ? [element('p', { class: 'note' }, 'This is what its pods allow each other. A pod always reaches itself.')] : [];
  return [
    element('div', { class: 'panel-head' }, element('h2', { id: 'panel-title' }, 'Why'), swap, close),
    element('dl', { class: 'pair' }, element('dt', {}, 'From'), peerLine(source), element('dt', {}, 'To'), peerLine(destination)),
    verdictLine(ports),
    ...own,
    ...sides,
  ];
}

function peerLine(peer: MatrixPeer): HTMLElement {
  return element(
    'dd',
    {},
    element('strong', {}, peer.namespace === '' ? nameInNamespace(peer) : `${plainText(peer.namespace)}/${plainText(peer.name)}`),
    element('span', { class: 'dim' }, peerText(peer)),
  );
}

function verdictLine(ports: Ports | undefined): HTMLElement {
  const kind = ports === undefined ? 'blank' : ports === 'all' ? 'all' : isEmptyPorts(ports) ? 'none' : 'some';
  const words = { blank: 'Not asked', all: 'Allowed on', some: 'Allowed on', none: 'Denied' }[kind];
  return element(
    'p',
    { class: `verdict ${kind}` },
    element('span', { class: `mark ${kind}`, 'aria-hidden': 'true' }),
    words,
    ...(kind === 'all' || kind === 'some' ? [' ', element('strong', {}, verdictText(ports))] : []),
  );
}

function sideSection(
  title: 'Egress' | 'Ingress',
  source: MatrixPeer,
  destination: MatrixPeer,
  side: SideVerdict,
  verb: string,
  own: MatrixPeer,
): HTMLElement {
  const other = own === source && title === 'Egress' ? destination : source;
  const head = element(
    'h3',
    {},
    title,
    element('span', { class: 'dim' }, ` of ${plainText(own.name)}`),
    element('span', { class: `chip ${chipOf(side.ports)}` }, side.isolatedBy === undefined ? 'open' : verdictText(side.ports)),
  );
  if (side.isolatedBy === undefined) {
    const reason =
      own.kind === 'outside'
        ? 'No policy judges what is outside of the cluster.'
        : `No policy isolates ${plainText(own.name)} for ${title.toLowerCase()}: everything may ${verb}.`;
    return element('section', { class: 'side' }, head, element('p', { class: 'note' }, reason));
  }
  const policies = element('ul', { class: 'policies' }, ...side.isolatedBy.map((policy) => element('li', {}, code(policy))));
  const sorted = side.rules.toSorted((a, b) => rankOf(a) - rankOf(b));
  const rules =
    sorted.length === 0
      ? element('p', { class: 'note' }, `These policies have no rule for ${title.toLowerCase()}: nothing may ${verb}.`)
      : element('ul', { class: 'rules' }, ...sorted.map((verdict) => ruleItem(verdict, other, title)));
  const none =
    sorted.length > 0 && isEmptyPorts(side.ports) ? [element('p', { class: 'note' }, `No rule lets it ${verb}: denied by default.`)] : [];
  return element(
    'section',
    { class: 'side' },
    head,
    element('p', { class: 'label' }, 'Isolated by'),
    policies,
    ...none,
    element('p', { class: 'label' }, 'Rules'),
    rules,
  );
}

function chipOf(ports: Ports): string {
  return ports === 'all' ? 'all' : isEmptyPorts(ports) ? 'none' : 'some';
}

/** Those that allow come first. */
function rankOf({ ports }: RuleVerdict): number {
  return ports === undefined ? 2 : isEmptyPorts(ports) ? 1 : 0;
}

function ruleItem({ rule, ports }: RuleVerdict, other: MatrixPeer, title: 'Egress' | 'Ingress'): HTMLElement {
  const allows = ports !== undefined && !isEmptyPorts(ports);
  const reason =
    ports === undefined
      ? `Does not name ${plainText(other.name)}.`
      : allows
        ? `Allows ${describePorts(ports)}.`
        : 'Names it, but none of its ports is one that the destination has.';
  return element(
    'li',
    { class: allows ? 'allows' : 'misses' },
    element('span', { class: 'sign', role: 'img', 'aria-label': allows ? 'allows' : 'does not allow' }, allows ? '✓' : '–'),
    element(
      'div',
      {},
      element('p', { class: 'rule-name' }, code(rule.policy), element('span', { class: 'dim' }, ` ${title.toLowerCase()}[${rule.index}]`)),
      element('p', { class: 'rule-text' }, plainText(rule.text)),
      element('p', { class: 'rule-reason' }, reason),
      ...(rule.place === '' ? [] : [element('p', { class: 'place' }, code(rule.place))]),
    ),
  );
}

function code(text: string): HTMLElement {
  return element('code', {}, plainText(text));
}

/** What is there while no cell is open. */
export function overviewPanel(report: MatrixReport, model: PageModel | undefined): Child[] {
  const workloads = report.peers.filter(({ kind }) => kind !== 'outside');
  const namespaces = new Set(workloads.map(({ namespace }) => namespace));
  const open = (direction: 'ingress' | 'egress'): number =>
    workloads.filter((peer) => report.classes[peer.class]?.[direction] === undefined).length;
  const policies = new Set(report.classes.flatMap(({ ingress, egress }) => [...(ingress ?? []), ...(egress ?? [])]));
  const word = workloads.some(({ kind }) => kind === 'pod') ? 'pod' : 'workload';
  const fact = (value: string, label: string): HTMLElement =>
    element('div', { class: 'fact' }, element('dt', {}, label), element('dd', {}, value));
  const shown = model === undefined ? [] : [element('p', { class: 'note' }, shownText(model))];
  return [
    element('div', { class: 'panel-head' }, element('h2', { id: 'panel-title' }, 'About this matrix')),
    element('p', { class: 'about' }, plainText(report.input)),
    element(
      'dl',
      { class: 'facts' },
      fact(workloads.length.toLocaleString('en'), `${word}s`),
      fact(namespaces.size.toLocaleString('en'), 'namespaces'),
      fact(policies.size.toLocaleString('en'), 'policies in force'),
      fact(open('ingress').toLocaleString('en'), 'open to all ingress'),
      fact(open('egress').toLocaleString('en'), 'open to all egress'),
      fact(workloads.reduce((sum, { pods }) => sum + pods, 0).toLocaleString('en'), 'pods'),
    ),
    ...shown,
    ...(report.incomplete.length === 0
      ? []
      : [
          element('h3', { class: 'warning' }, 'Incomplete'),
          element('ul', { class: 'incomplete' }, ...report.incomplete.map((text) => element('li', {}, plainText(text)))),
        ]),
    element('h3', {}, 'Keys'),
    element(
      'dl',
      { class: 'keys' },
      ...(
        [
          ['↑ ↓ ← →', 'move the cell cursor; with Shift by ten'],
          ['PgUp PgDn', 'next namespace'],
          ['Enter', 'why this cell is as it is'],
          ['Esc', 'close'],
          ['/', 'search; Enter goes to the next'],
          ['+ − 0', 'zoom, fit'],
        ] as const
      ).flatMap(([keys, act]) => [element('dt', {}, element('kbd', {}, keys)), element('dd', {}, act)]),
    ),
  ];
}

export function shownText({ rows, columns, counts }: PageModel): string {
  const size = `${countText(rows.peers.length, 'source')} × ${countText(columns.peers.length, 'destination')}`;
  return `${size}: ${countText(counts.allowed, 'pair')} allowed, ${counts.denied.toLocaleString('en')} denied.`;
}

export function emptyText(model: PageModel): string | undefined {
  if (model.report.peers.length === 0) return 'There are no workloads in what was audited.';
  return model.rows.peers.length === 0 || model.columns.peers.length === 0 ? 'No workload is left by these filters.' : undefined;
}

/** Of a node of the graph that stands for several peers. */
export function nodePanel(namespace: string, peers: readonly MatrixPeer[], lines: readonly string[], onClose: () => void): Child[] {
  const close = element('button', { type: 'button', class: 'quiet', 'aria-label': 'Close the details' }, '✕');
  close.addEventListener('click', onClose);
  const [only] = peers;
  return [
    element(
      'div',
      { class: 'panel-head' },
      element('h2', { id: 'panel-title' }, peers.length === 1 && only !== undefined ? fullName(only) : groupTitle(namespace)),
      close,
    ),
    ...(peers.length === 1 && only !== undefined
      ? [element('p', { class: 'note' }, peerText(only))]
      : [element('ul', { class: 'members' }, ...peers.map((peer) => element('li', {}, nameInNamespace(peer))))]),
    ...(lines.length === 0
      ? []
      : [element('h3', {}, 'Connections'), element('ul', { class: 'members' }, ...lines.map((line) => element('li', {}, line)))]),
  ];
}
