/** Where people read more: pages that reports lead to. */

export const HOME_PAGE = 'https://postern.dev/';

/** What a check looks for, why, and how to mend it: as `postern audit explain-check` says it. */
export function checkPage(id: string): string {
  return `${HOME_PAGE}audit/${id}`;
}
