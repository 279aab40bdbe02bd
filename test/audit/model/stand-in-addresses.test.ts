import { describe, expect, test } from 'vitest';
import { StandInAddresses } from '../../../src/audit/model/stand-in-addresses.ts';
import { formatAddress, parseAddress } from '../../../src/model/ip.ts';

const take = (networks: readonly string[], ...taken: readonly string[]): string[] =>
  new StandInAddresses(networks, taken.map(parseAddress)).take().map(formatAddress);

describe('addresses of pods that have none yet', () => {
  test('are of both families where nothing tells which pods have', () => {
    expect(take([])).toEqual(['10.244.0.1', 'fd00:10:244::1']);
  });

  test('are of the families that pods have', () => {
    expect(take([], '192.168.3.4')).toEqual(['10.244.0.1']);
    expect(take([], 'fd00::4')).toEqual(['fd00:10:244::1']);
    expect(take([], '192.168.3.4', 'fd00::4')).toHaveLength(2);
  });

  test('are of the networks that somebody tells, whatever pods have, and nobody else’s', () => {
    expect(take(['10.0.0.0/24', 'fd00::/64'], '10.0.0.1')).toEqual(['10.0.0.2', 'fd00::1']);
  });
});
