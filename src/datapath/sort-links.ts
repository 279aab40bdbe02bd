/** Makes every pin under links/ what its name says: what is misplaced is put where it belongs, what is not ours goes out of the way. */

import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as native from '../../native/index.js';
import { linkPath, linksFolder, placeOf, type LinkPlace } from './link-names.ts';
import { makeOwnFolder, putAside } from './put-aside.ts';
import { isPosterns, readLink, standsAt } from './read-link.ts';

/** Until it has its right name. Whoever dies in between leaves it to the next, who looks at names that say nothing too. */
const MOVING = 'moving_';

/** No program is taken off the hook where it stands. Throws `E_BPF_ROOT` where something cannot be moved. */
export function sortLinks(bpfRoot: string): void {
  const folder = linksFolder(bpfRoot);
  makeOwnFolder(bpfRoot, folder);
  const misplaced: string[] = [];
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const place = placeOf(name);
    if (place?.kind === 'filters') {
      makeOwnFolder(bpfRoot, path);
      continue;
    }
    const link = readLink(path);
    if (link === 'none' || (place !== undefined && isRight(link, place))) continue;
    if (link === 'no link' || !isPosterns(link)) {
      if (place !== undefined) putAside(bpfRoot, path);
      continue;
    }
    if (isSevered(link)) {
      rmSync(path, { force: true });
      continue;
    }
    // First all of them, since two may have each other's names.
    const between = place === undefined ? path : join(folder, `${MOVING}${link.id}`);
    if (between !== path) renameSync(path, between);
    misplaced.push(between);
  }
  for (const path of misplaced) bringHome(bpfRoot, path);
}

/** What a pin of this name may hold. A severed link is its name's own: the interface went. */
export function isRight(link: native.LinkInfo | 'none' | 'no link', place: LinkPlace): link is native.LinkInfo {
  if (typeof link === 'string') return false;
  const stands = standsAt(link);
  if (stands === undefined) return false;
  if (stands.kind === 'hook' && place.kind === 'hook')
    return stands.hook === place.hook && (stands.ifindex === place.ifindex || stands.ifindex === 0);
  return stands.kind === 'forwarding' && place.kind === 'forwarding' && sameForwarding(stands, place);
}

function sameForwarding(a: LinkPlace & { kind: 'forwarding' }, b: LinkPlace & { kind: 'forwarding' }): boolean {
  return a.family === b.family && a.priority === b.priority;
}

function isSevered(link: native.LinkInfo): boolean {
  const stands = standsAt(link);
  return stands?.kind === 'hook' && stands.ifindex === 0;
}

function bringHome(bpfRoot: string, path: string): void {
  const link = readLink(path);
  const place = typeof link === 'string' ? undefined : standsAt(link);
  if (typeof link === 'string' || place === undefined) return;
  const home = linkPath(bpfRoot, place);
  const there = readLink(home);
  if (typeof there === 'object' && place.kind === 'hook' && there.ifindex === place.ifindex) {
    // Two of ours at one hook: the first has been judging.
    const order = linksAt(place.ifindex, place.hook);
    if (order.indexOf(there.id) < order.indexOf(link.id)) {
      rmSync(path, { force: true });
      return;
    }
  }
  renameSync(path, home);
}

function linksAt(ifindex: number, hook: native.Hook): readonly number[] {
  try {
    return native.tcxQuery(ifindex, hook).linkIds;
  } catch {
    // The interface went, or is in a namespace that we are not in.
    return [];
  }
}
