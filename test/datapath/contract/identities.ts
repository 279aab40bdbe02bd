/** What addresses, prefixes and pairs must come to. */

import { expect, it } from 'vitest';
import { MAPPED, parseAddress, parsePrefix } from '../../../src/model/ip.ts';
import type { Verdict } from '../../../src/model/verdict.ts';
import { ALL, isolated, NONE, PEER, PEER6, refOf, row, STRANGER, STRANGER6, TCP, UDP, type ContractStage } from './stage.ts';

export function itKnowsIdentities(stage: ContractStage): void {
  const { apply, ask, fresh, configure } = stage;

  it("gives an identity the port set of its pair, and a stranger's where there is no pair", () => {
    const [ruleset, identity, other, portSet, rows] = [fresh(), fresh(), fresh(), fresh(), [row(80)]];
    apply(
      { op: 'put-port-set', portSet: { id: portSet, rows } },
      { op: 'put-pair', ruleset, identity, ref: refOf(portSet, rows) },
      { op: 'put-address', address: PEER, identity, ownNode: false },
      { op: 'put-address', address: PEER6, identity: other, ownNode: false },
      ...configure({ ingress: isolated(ruleset) }),
    );
    expect([ask(PEER), ask(PEER, 81), ask(PEER6), ask(STRANGER)]).toEqual(['allow', 'deny', 'deny', 'deny']);
    apply({ op: 'put-pair', ruleset, identity: other, ref: ALL });
    expect([ask(PEER6), ask(PEER6, 9, UDP)]).toEqual(['allow', 'allow']);
    apply({ op: 'put-pair', ruleset, identity, ref: NONE });
    expect(ask(PEER)).toBe('deny');
    apply({ op: 'delete-pair', ruleset, identity: other });
    expect(ask(PEER6)).toBe('deny');
  });

  it('keeps rulesets and identities apart', () => {
    const [one, two, identity] = [fresh(), fresh(), fresh()];
    apply(
      { op: 'put-address', address: PEER, identity, ownNode: false },
      { op: 'put-pair', ruleset: one, identity, ref: ALL },
      ...configure({ ingress: isolated(one), egress: isolated(two) }),
    );
    expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['allow', 'deny']);
    apply(...configure({ ingress: isolated(two), egress: isolated(one) }));
    expect([ask(PEER), ask(PEER, 80, TCP, 'egress')]).toEqual(['deny', 'allow']);
    apply(...configure({ ingress: isolated(fresh()) }));
    expect(ask(PEER)).toBe('deny');
  });

  it('follows an address from one identity to another, and forgets it', () => {
    const [ruleset, good, bad] = [fresh(), fresh(), fresh()];
    apply({ op: 'put-pair', ruleset, identity: good, ref: ALL }, ...configure({ ingress: isolated(ruleset) }), {
      op: 'put-address',
      address: PEER,
      identity: good,
      ownNode: false,
    });
    expect(ask(PEER)).toBe('allow');
    apply({ op: 'put-address', address: PEER, identity: bad, ownNode: false });
    expect(ask(PEER)).toBe('deny');
    apply({ op: 'put-address', address: PEER, identity: good, ownNode: false });
    apply({ op: 'delete-address', address: PEER });
    expect(ask(PEER)).toBe('deny');
    apply({ op: 'delete-address', address: PEER }, { op: 'delete-address', address: PEER6 });
    expect(ask(PEER6)).toBe('deny');
  });

  it.each([
    { family: 'IPv4', wide: '10.0.0.0/8', narrow: '10.2.0.0/24', inNarrow: '10.2.0.7', inWide: '10.3.0.7', outside: '11.0.0.7' },
    { family: 'IPv6', wide: 'fd00::/16', narrow: 'fd00:2::/64', inNarrow: 'fd00:2::7', inWide: 'fd00:3::7', outside: 'fd01::7' },
  ])('takes the longest prefix of an $family address, and an exact row before any', ({ wide, narrow, inNarrow, inWide, outside }) => {
    const [ruleset, allowed, denied] = [fresh(), fresh(), fresh()];
    const [all, hole] = [parsePrefix(wide), parsePrefix(narrow)];
    apply({ op: 'put-pair', ruleset, identity: allowed, ref: ALL }, ...configure({ ingress: isolated(ruleset) }));
    const verdicts = (): Verdict[] => [inNarrow, inWide, outside].map((text) => ask(parseAddress(text)));
    expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
    apply({ op: 'put-prefix', prefix: all, identity: allowed });
    expect(verdicts()).toEqual(['allow', 'allow', 'deny']);
    apply({ op: 'put-prefix', prefix: hole, identity: denied });
    expect(verdicts()).toEqual(['deny', 'allow', 'deny']);
    apply({ op: 'put-address', address: parseAddress(inNarrow), identity: allowed, ownNode: false });
    expect(verdicts()).toEqual(['allow', 'allow', 'deny']);
    apply({ op: 'delete-address', address: parseAddress(inNarrow) }, { op: 'delete-prefix', prefix: all });
    expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
    apply({ op: 'put-prefix', prefix: hole, identity: allowed });
    expect(verdicts()).toEqual(['allow', 'deny', 'deny']);
    apply({ op: 'delete-prefix', prefix: hole }, { op: 'delete-prefix', prefix: hole });
    expect(verdicts()).toEqual(['deny', 'deny', 'deny']);
  });

  it('never mixes the families: ::/0 is not IPv4, and 0.0.0.0/0 is not IPv6', () => {
    const [ruleset, four, six] = [fresh(), fresh(), fresh()];
    const everywhere6 = parsePrefix('::/0');
    apply({ op: 'put-prefix', prefix: MAPPED, identity: 0 }, ...configure({ ingress: isolated(ruleset) }));
    apply({ op: 'put-pair', ruleset, identity: six, ref: ALL }, { op: 'put-prefix', prefix: everywhere6, identity: six });
    expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['allow', 'deny']);
    apply({ op: 'put-pair', ruleset, identity: four, ref: ALL }, { op: 'put-prefix', prefix: MAPPED, identity: four });
    expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['allow', 'allow']);
    apply({ op: 'delete-prefix', prefix: everywhere6 });
    expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['deny', 'allow']);
    apply({ op: 'put-prefix', prefix: MAPPED, identity: 0 });
    expect([ask(STRANGER6), ask(STRANGER)]).toEqual(['deny', 'deny']);
  });
}
