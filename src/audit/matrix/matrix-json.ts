/** The matrix as JSON, for other programs: schemas/matrix-report.schema.json says what is in it. */

import type { Ports } from '../../policy/ports.ts';
import { jsonText } from '../report/json-text.ts';
import { portsJson } from '../report/ports-json.ts';
import type { MatrixPeer } from './matrix-report.ts';
import { listPairs, type MatrixView } from './matrix-view.ts';

/** Grows when something that was there is taken away or changes its meaning; additions leave it. */
export const MATRIX_JSON_VERSION = 1;

/** Connections stand one on a line, so that two of these can be compared line by line. As many are more text than a program can hold, it comes piece by piece. */
export function* jsonPieces(view: MatrixView): Generator<string> {
  const { report } = view;
  const head = { version: MATRIX_JSON_VERSION, input: report.input, incomplete: report.incomplete };
  yield `${jsonText(head).trimEnd().slice(0, -2)},\n  "peers": [`;
  yield* lines(view.peers.map((peer) => JSON.stringify(describePeer(view, peer))));
  yield '],\n  "connections": [';
  yield* lines(connections(view));
  yield ']\n}\n';
}

function* lines(items: Iterable<string>): Generator<string> {
  let some = false;
  for (const item of items) {
    yield `${some ? ',' : ''}\n    ${item}`;
    some = true;
  }
  if (some) yield '\n  ';
}

function describePeer({ report }: MatrixView, peer: MatrixPeer): object {
  const { id, kind, namespace, workload, name, networks, pods, class: own } = peer;
  const isolation = report.classes[own];
  return {
    id,
    kind,
    ...(kind === 'outside' ? { name, networks } : { namespace, workload, name, pods }),
    isolatedBy: { ingress: isolation?.ingress ?? null, egress: isolation?.egress ?? null },
  };
}

function* connections(view: MatrixView): Generator<string> {
  const portTexts = new Map<Ports, string>();
  const textOf = (ports: Ports): string => {
    let text = portTexts.get(ports);
    if (text === undefined) {
      text = JSON.stringify(portsJson(ports));
      portTexts.set(ports, text);
    }
    return text;
  };
  const ids = new Map(view.peers.map((peer) => [peer, JSON.stringify(peer.id)]));
  for (const { source, destination, ports, extent } of listPairs(view)) {
    const verdict = extent === 'none' ? 'deny' : 'allow';
    yield `{"from":${ids.get(source)},"to":${ids.get(destination)},"verdict":"${verdict}","ports":${textOf(ports)}}`;
  }
}
