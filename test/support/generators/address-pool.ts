/** Where generated pods and nodes have their addresses. */

const PODS = 8;

/** Pairs of an IPv4 and an IPv6 address with the same last number. Fewer than there can be pods: addresses get reused. */
export function podAddressPool(): readonly (readonly [string, string])[] {
  return Array.from({ length: PODS }, (_, index) => {
    const subnet = 1 + Math.floor(index / 5);
    const host = 1 + (index % 5);
    return [`10.0.${subnet}.${host}`, `fd00:0:0:${subnet}::${host}`] as const;
  });
}

export function nodeAddressesOf(index: number): readonly [string, string] {
  return [`10.9.0.${index}`, `fd00:9::${index}`];
}
