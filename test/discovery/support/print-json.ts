/** Prints a value of discovery for the test process: addresses, which are bigints, as `n:` and digits. */

export function printJson(value: unknown): void {
  console.log(JSON.stringify(value, (_key, inner: unknown) => (typeof inner === 'bigint' ? `n:${inner}` : inner)));
}

export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, inner: unknown) => (typeof inner === 'string' && /^n:\d+$/.test(inner) ? BigInt(inner.slice(2)) : inner));
}
