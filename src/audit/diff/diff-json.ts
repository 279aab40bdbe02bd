/** A difference as JSON: schemas/diff-report.schema.json says what is in it. */

import { jsonText } from '../report/json-text.ts';
import { portsJson } from '../report/ports-json.ts';
import type { Change, DiffReport, OneSided } from './diff-report.ts';

/** Grows when something that was there is taken away or changes its meaning; additions leave it. */
const REPORT_VERSION = 1;

export function diffJson({ before, after, equivalent, changes, toCome, added, removed, incomplete }: DiffReport): string {
  const document = {
    version: REPORT_VERSION,
    before,
    after,
    equivalent,
    changes: changes.map(encodeChange),
    toCome: toCome.map(encodeChange),
    added: encodeOneSided(added),
    removed: encodeOneSided(removed),
    incomplete,
  };
  return jsonText(document);
}

function encodeChange({ from, to, gained, lost, before, after }: Change): object {
  return { from, to, gained: portsJson(gained), lost: portsJson(lost), before: portsJson(before), after: portsJson(after) };
}

function encodeOneSided({ workloads, connections, leftOut }: OneSided): object {
  return { workloads, connections: connections.map(({ from, to, ports }) => ({ from, to, ports: portsJson(ports) })), leftOut };
}
