export interface CheckFlags {
  readonly quiet?: boolean;
}
export async function runCheck(_paths: readonly string[], _flags: CheckFlags): Promise<boolean> {
  return await Promise.resolve(false);
}
