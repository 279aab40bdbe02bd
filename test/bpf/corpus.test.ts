/** The packet corpus: odd, broken and hostile frames, each with the verdict and the reason that it must get, at four kinds of endpoint. */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needsKernel } from '../support/requires.ts';
import { ADDRESSES } from './corpus/addresses.ts';
import { ARP } from './corpus/arp.ts';
import { DHCP } from './corpus/dhcp.ts';
import { DISCOVERY } from './corpus/discovery.ts';
import { ETHERTYPES } from './corpus/ethertypes.ts';
import { FRAGMENTS } from './corpus/fragments.ts';
import { FRAGMENTS_V6 } from './corpus/fragments-v6.ts';
import { ICMP } from './corpus/icmp.ts';
import { ICMP_ERRORS } from './corpus/icmp-errors.ts';
import { LENGTHS } from './corpus/lengths.ts';
import { OPTIONS } from './corpus/options.ts';
import { EXTENSION_HEADERS } from './corpus/extension-headers.ts';
import { TCP_FLAGS } from './corpus/tcp-flags.ts';
import { TRUNCATED } from './corpus/truncated.ts';
import { KINDS, PASSING, type Entry, type Seen, type Step } from './corpus/table.ts';
import { Stage } from './stage.ts';

const TABLES: Readonly<Record<string, readonly Entry[]>> = {
  'IPv4 options': OPTIONS,
  'IPv6 extension headers': EXTENSION_HEADERS,
  'lengths that IP tells': LENGTHS,
  'frames that are cut short': TRUNCATED,
  'tags and ethertypes': ETHERTYPES,
  ARP,
  addresses: ADDRESSES,
  fragments: FRAGMENTS,
  'IPv6 fragments': FRAGMENTS_V6,
  'TCP flags': TCP_FLAGS,
  ICMP,
  'ICMP errors': ICMP_ERRORS,
  'IPv6 discovery and membership': DISCOVERY,
  DHCP,
};

describe('the corpus', needsKernel, () => {
  let stage: Stage;
  beforeAll(() => {
    stage = new Stage();
  });
  afterAll(() => stage.close());

  it('names every entry once', () => {
    for (const [table, entries] of Object.entries(TABLES)) {
      const names = entries.map(({ what }) => what);
      expect(
        names.filter((name, index) => names.indexOf(name) !== index),
        table,
      ).toEqual([]);
    }
  });

  describe.each(KINDS.map(({ name, rules }, index) => ({ name, rules, index })))('at a pod that is $name', ({ rules, index }) => {
    beforeAll(() => stage.set(rules));
    beforeEach(() => stage.kernel.forget());

    describe.each(Object.entries(TABLES))('%s', (_, entries) => {
      it.each(entries.map((entry) => [entry.what, entry] as const))('%s', (_what, { steps }) => {
        expect(steps.map((step) => see(stage, step))).toEqual(steps.map(({ fates }) => fates[index]));
      });
    });
  });
});

function see({ kernel }: Stage, { direction, frame, options, after }: Step): Seen {
  if (after !== undefined) kernel.elapse(after);
  const { passed, reason } = kernel.run(direction, frame, options);
  const seen: Seen = reason ?? 'pass';
  expect(passed, seen).toBe(PASSING.has(seen));
  return seen;
}
