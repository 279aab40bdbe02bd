/** Names in a sentence, not more than one reads. */

/** `a, b, c and 4 more` */
export function listSome(names: readonly (string | number)[], most: number, separator = ', '): string {
  const told = names.slice(0, most).join(separator);
  return names.length > most ? `${told} and ${names.length - most} more` : told;
}
