/** Compares what is attached with what should be, and mends it: programs missing, replaced, severed or hidden behind others, and pins that are nobody's. */

import type { DriftKind } from '../model/drift.ts';
import type { Findings } from './findings.ts';
import type { Pacer } from './pacer.ts';
import type { DesiredState } from './port.ts';

/** One thing that is not attached as it should be. */
export interface HookFinding {
  readonly kind: DriftKind;
  readonly where: string;
  readonly expected: string | null;
  readonly found: string | null;
  /** Packets passed unjudged, or may have. */
  readonly unguarded: boolean;
  /** Throws what stood in the way. `undefined`: it cannot be mended from here, and `note` says what can be done. */
  readonly mend: (() => void) | undefined;
  readonly note?: string;
}

/** A place where programs are attached or pinned, looked at anew each time. */
export interface HookPlace {
  /** Line of the report that it is counted under. */
  readonly what: string;
  inspect(): HookFinding | undefined;
}

export interface HookInspector {
  /** Both hooks of an interface that is to be guarded. */
  interfacePlaces(ifindex: number): readonly HookPlace[];
  /** What belongs to no interface: pinned maps, and programs that the whole node has. */
  nodePlaces(): readonly HookPlace[];
  /** Interfaces that something of ours is pinned for. */
  attached(): ReadonlySet<number>;
  /** What is left on an interface that is nobody's. */
  leftover(ifindex: number): HookPlace;
}

export interface VerifyHooksParts {
  readonly hooks: HookInspector;
  readonly desired: DesiredState;
  readonly repair: boolean;
  readonly pacer: Pacer;
  readonly findings: Findings;
}

/** Returns the interfaces whose programs did not judge all packets, and do again. */
export async function verifyHooks(parts: VerifyHooksParts): Promise<Set<number>> {
  const { hooks, desired, pacer } = parts;
  const reopened = new Set<number>();
  for (const ifindex of desired.guarded()) {
    // Asked anew after each pause: it may be gone by now.
    if (desired.roleOf(ifindex) !== 'guarded') continue;
    if (verifyPlaces(hooks.interfacePlaces(ifindex), parts)) reopened.add(ifindex);
    if (pacer.due) await pacer.rest();
  }
  for (const ifindex of hooks.attached()) if (desired.roleOf(ifindex) === 'none') verifyPlaces([hooks.leftover(ifindex)], parts);
  verifyPlaces(hooks.nodePlaces(), parts);
  return reopened;
}

/** All are looked at before any is mended: to mend one may mend another. True where packets had passed unjudged, and do no more. */
function verifyPlaces(places: readonly HookPlace[], parts: VerifyHooksParts): boolean {
  const seen = places.map((place) => ({ place, finding: inspectOrSkip(place) }));
  let reopened = false;
  for (const { place, finding } of seen) {
    parts.findings.count(place.what, 1);
    if (finding !== undefined && settleFinding(place, finding, parts)) reopened = true;
  }
  return reopened;
}

function settleFinding(place: HookPlace, finding: HookFinding, { repair, findings }: VerifyHooksParts): boolean {
  const { mend, note, unguarded, ...drift } = finding;
  let obstacle = note;
  if (repair && mend !== undefined) {
    try {
      mend();
      if (inspectOrSkip(place) === undefined) {
        findings.add({ what: place.what, ...drift, repaired: true });
        return unguarded;
      }
      obstacle = 'it was mended, and is as before';
    } catch (error) {
      obstacle = error instanceof Error ? error.message : String(error);
    }
  }
  findings.add({ what: place.what, ...drift, repaired: false, ...(obstacle === undefined ? {} : { note: obstacle }) });
  return false;
}

/** An interface that goes while it is looked at is no drift. */
function inspectOrSkip(place: HookPlace): HookFinding | undefined {
  try {
    return place.inspect();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === 'ENODEV' || code === 'ENXIO') return undefined;
    throw error;
  }
}
