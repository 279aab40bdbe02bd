/** How `postern audit` ends. */

export const EXIT = {
  clean: 0,
  /** It could not be done. */
  failed: 1,
  /** At or above `--fail-on`. */
  found: 2,
  /** Nothing to complain of was found in an input that lacks something. */
  incomplete: 3,
} as const;

/** What was found is certain also where something is missing: it comes first. */
export function exitCode(found: boolean, incomplete: boolean, allowIncomplete: boolean): number {
  if (found) return EXIT.found;
  return incomplete && !allowIncomplete ? EXIT.incomplete : EXIT.clean;
}
