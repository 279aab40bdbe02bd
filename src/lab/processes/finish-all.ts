/** Wait for every one of several things under way, also when one fails: nothing is still being made when clearing up begins. */

/** As Promise.all, but rejects (with the first failure in order) only when all have ended. */
export async function finishAll<T>(promises: Iterable<Promise<T>>): Promise<readonly T[]> {
  const results = await Promise.allSettled(promises);
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason;
    return result.value;
  });
}
