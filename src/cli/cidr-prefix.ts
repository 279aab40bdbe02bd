/** How wide the networks of a suggestion are, as a flag says it. */

import { InvalidArgumentError } from 'commander';

export interface PrefixFlag {
  readonly v4: number;
  readonly v6: number;
}

/** `24`, or `24,64` with that of IPv6, of which addresses stay single without it. */
export function parsePrefixFlag(text: string): PrefixFlag {
  const [, v4, v6 = '128'] = /^(\d{1,2})(?:,(\d{1,3}))?$/.exec(text) ?? [];
  if (v4 === undefined || Number(v4) > 32 || Number(v6) > 128)
    throw new InvalidArgumentError('it must be a length such as 24, or one for each family such as 24,64.');
  return { v4: Number(v4), v6: Number(v6) };
}
