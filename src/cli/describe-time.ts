/** Times in words: how long ago, how long. */

const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
] as const;

/** `4 s`, `12 min`, `3 h`, `8 d`: rounded down, in the largest unit that fits. */
export function describeDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  for (const [unit, size] of UNITS) if (seconds >= size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${seconds} s`;
}

/** `2026-11-21T10:33:38Z (12 min ago)`; `now`: milliseconds since the epoch. */
export function describeMoment(moment: string, now: number): string {
  const at = Date.parse(moment);
  return `${new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')} (${describeDuration(now - at)} ago)`;
}
