/** What the kernel says of an interface that is gone. */

export function isInterfaceGone(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  return code === 'ENODEV' || code === 'ENXIO' || isInterfaceGone(error.cause);
}
