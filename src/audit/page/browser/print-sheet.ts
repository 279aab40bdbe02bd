/** What a printer gets: a table with ports while that fits a sheet, else what each source reaches. */

import { describePorts } from '../../describe-rule.ts';
import { fullName, isWanted, plainText } from '../../matrix/matrix-view.ts';
import { shortPorts } from '../../matrix/port-text.ts';
import { summarizeReach } from '../../matrix/reach-summary.ts';
import { element } from './element.ts';
import type { PageModel } from './page-model.ts';
import { shownText } from './panel.ts';

/** Columns that a sheet has room for. */
const MOST_COLUMNS = 12;

export function printSheet(model: PageModel): HTMLElement[] {
  const { view, report } = model;
  const asked = view.options.ports === undefined ? '' : ` On ${describePorts(view.options.ports)} alone.`;
  return [
    element('h1', {}, `Who reaches whom: ${plainText(report.input)}`),
    element('p', {}, `${shownText(model)}${asked}`),
    model.columns.peers.length <= MOST_COLUMNS ? pairTable(model) : reachTable(model),
    ...report.incomplete.map((text) => element('p', {}, `Incomplete: ${plainText(text)}`)),
  ];
}

function pairTable({ rows, columns, view }: PageModel): HTMLElement {
  const head = element(
    'tr',
    {},
    element('td', {}, 'from \\ to'),
    ...columns.peers.map((peer) => element('th', { scope: 'col' }, fullName(peer))),
  );
  const lines = rows.peers.map((source) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, fullName(source)),
      ...columns.peers.map((destination) => {
        const pair = view.look(source, destination);
        if (pair === undefined || !isWanted(pair, view.options)) return element('td');
        return element('td', { class: pair.extent }, pair.extent === 'none' ? '–' : shortPorts(pair.ports));
      }),
    ),
  );
  return element('table', { class: 'pairs' }, element('thead', {}, head), element('tbody', {}, ...lines));
}

function reachTable({ rows, view }: PageModel): HTMLElement {
  const reachOf = summarizeReach(view);
  const lines = rows.peers.flatMap((source) =>
    reachOf(source)
      .filter(({ denied }) => !denied || view.options.only === 'denied')
      .map(({ ports, names, denied }) =>
        element(
          'tr',
          {},
          element('td', {}, fullName(source)),
          element('td', {}, names.join(', ')),
          element('td', {}, denied ? 'denied' : describePorts(ports)),
        ),
      ),
  );
  const head = element('tr', {}, ...['From', 'To', 'Ports'].map((text) => element('th', { scope: 'col' }, text)));
  return element('table', {}, element('thead', {}, head), element('tbody', {}, ...lines));
}
