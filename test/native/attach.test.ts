/** Attaching programs: tcx, cls_bpf and netfilter, on a veth in a namespace of the test's own. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { obstacle } from './support/kernel-access.ts';
import { NetworkNamespace } from './support/network-namespace.ts';

interface Seen {
  readonly ids: { readonly counting: number; readonly emitting: number; readonly answering: number };
  readonly ifindex: number;
  readonly [what: string]: unknown;
}

describe.skipIf(obstacle !== undefined)('attaching', () => {
  let near: NetworkNamespace;
  let far: NetworkNamespace;
  let seen: Seen;

  beforeAll(() => {
    near = new NetworkNamespace();
    far = new NetworkNamespace();
    near.ip(`link add veth0 type veth peer name veth0 netns ${far.name}`);
    near.ip('addr add 10.99.0.1/24 dev veth0');
    far.ip('addr add 10.99.0.2/24 dev veth0');
    near.ip('link set veth0 up');
    far.ip('link set veth0 up');
    seen = near.runScript<Seen>(new URL('scenarios/attach.ts', import.meta.url));
  });

  afterAll(() => {
    near[Symbol.dispose]();
    far[Symbol.dispose]();
  });

  it('finds interfaces by name and index', () => {
    expect(seen).toMatchObject({ name: 'veth0', unknown: 'none' });
  });

  it('by tcx puts a program first or last', () => {
    expect(seen).toMatchObject({ empty: [], order: [seen.ids.emitting, seen.ids.counting], links: true, revisionMoves: true, ran: true });
    expect(seen['link']).toMatchObject({ type: 11, programId: seen.ids.counting, ifindex: seen.ifindex, attachType: 47 });
  });

  it("by tcx replaces a link's program in place, and detaches", () => {
    expect(seen).toMatchObject({ updated: [seen.ids.answering, seen.ids.counting], detached: [] });
  });

  it('by tcx refuses a program that stands at the hook already', () => {
    expect(seen['twice']).toMatchObject({ code: 'EEXIST', operation: 'BPF_LINK_UPDATE' });
  });

  it('by tcx names an interface that is not there', () => {
    expect(seen['badInterface']).toEqual({ code: 'ENODEV', operation: 'BPF_LINK_CREATE', object: 'ifindex 9999 in' });
  });

  it('by tc makes the clsact qdisc once', () => {
    expect(seen).toMatchObject({ noQdisc: 'none', created: true, createdAgain: false, noFilter: 'none' });
  });

  it('by tc attaches under its priority and handle, and replaces only when told', () => {
    expect(seen).toMatchObject({
      filter: { priority: 7, handle: 1, programId: seen.ids.counting },
      taken: { code: 'EEXIST', operation: 'RTM_NEWTFILTER', object: `ifindex ${seen.ifindex} in priority 7 handle 1` },
      replaced: { priority: 7, handle: 1, programId: seen.ids.emitting },
      otherHandle: 'none',
      ranTc: true,
    });
  });

  it('by tc detaches, and says whether there was anything', () => {
    expect(seen).toMatchObject({ removed: [true, false], afterwards: 'none', badPriority: { code: 'ERR_INVALID_ARG_TYPE' } });
  });

  it('by netfilter gives a link that tells its place', () => {
    expect(seen['netfilter']).toMatchObject({ type: 10, family: 2, hook: 4, priority: 50 });
    expect(seen['hookTaken']).toMatchObject({ code: 'EBUSY', operation: 'BPF_LINK_CREATE' });
  });

  it('notices that the interface is gone', () => {
    expect(seen).toMatchObject({
      severed: 0,
      updateSevered: { code: 'ENOLINK', operation: 'BPF_LINK_UPDATE' },
      queryGone: { code: 'ENODEV' },
    });
  });
});
