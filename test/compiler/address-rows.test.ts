/** The tables of addresses and prefixes never overflow, and what finds no room allows less, never more. */

import { describe, expect, it } from 'vitest';
import { AddressRows } from '../../src/compiler/address-rows.ts';
import { IdentityTable } from '../../src/compiler/identity-table.ts';
import { formatPrefix, MAPPED, parseAddress, parsePrefix, type Address } from '../../src/model/ip.ts';
import type { Operation } from '../../src/model/plan.ts';
import { makePeerList, type PeerList } from '../../src/policy/peer-list.ts';

const FACTS = { namespace: 'shop', namespaceLabels: {}, labels: { app: 'a' }, ports: [] };

function listOf(cidr: string, ...except: string[]): PeerList {
  return makePeerList([{ kind: 'block', cidr: parsePrefix(cidr), except: except.map(parsePrefix) }]);
}

const pods = (amount: number): Address[] => Array.from({ length: amount }, (_, index) => parseAddress(`10.1.0.${index + 1}`));
const everyPod = makePeerList([{ kind: 'pods', namespaces: { selector: {} }, pods: {} }]);

function start(room: { prefixes: number; addresses: number; edges: number }): {
  table: IdentityTable;
  rows: AddressRows;
  told: () => Operation[];
} {
  const table = new IdentityTable();
  table.pinPrefix(MAPPED);
  const rows = new AddressRows(table.members, room);
  return { table, rows, told: () => rows.operations(table.members.takeChanges()) };
}

describe('addresses', () => {
  it('of pods are left out where there is no room, and written when there is', () => {
    const { table, rows, told } = start({ prefixes: 100, addresses: 8, edges: 2 });
    for (const address of pods(10)) table.setPod(address, FACTS);
    table.acquire(everyPod);
    expect(told().filter(({ op }) => op === 'put-address')).toHaveLength(6);
    expect(rows.leftOut).toBe(4);
    expect([...rows.desired('put-address')]).toHaveLength(6);
    const written = new Set([...rows.desired('put-address')].map((put) => (put.op === 'put-address' ? put.address : 0n)));
    const [gone, ...others] = [...written];
    for (const address of [gone, others[0]]) table.setPod(address ?? 0n, undefined);
    // Room is made by this, and used by the next.
    expect(told().map(({ op }) => op)).toEqual(['delete-address', 'delete-address']);
    expect(told().map(({ op }) => op)).toEqual(['put-address', 'put-address']);
    expect(rows.leftOut).toBe(2);
  });

  it('left out are forgotten with their pods', () => {
    const { table, rows, told } = start({ prefixes: 100, addresses: 4, edges: 2 });
    for (const address of pods(4)) table.setPod(address, FACTS);
    table.acquire(everyPod);
    told();
    for (const address of pods(4)) table.setPod(address, undefined);
    expect(told().filter(({ op }) => op === 'delete-address')).toHaveLength(2);
    expect(rows.leftOut).toBe(0);
  });

  it('that are edges of blocks have the room that is kept for them', () => {
    const { table, rows, told } = start({ prefixes: 100, addresses: 4, edges: 2 });
    for (const address of pods(9)) table.setPod(address, FACTS);
    table.acquire(everyPod);
    told();
    const hole = listOf('10.0.0.0/8', '10.1.0.200/32', '10.1.0.201/32');
    expect(rows.findRoom()(hole)).toBe(true);
    table.acquire(hole);
    const puts = told().filter((operation) => operation.op === 'put-address');
    expect(puts.map(({ address }) => address)).toEqual(expect.arrayContaining([parseAddress('10.1.0.200'), parseAddress('10.1.0.201')]));
    expect([...rows.desired('put-address')]).toHaveLength(4);
    expect(rows.findRoom()(listOf('10.1.0.202/32'))).toBe(false);
  });
});

describe('prefixes', () => {
  it('of several lists have to fit together', () => {
    const { rows } = start({ prefixes: 3, addresses: 8, edges: 2 });
    const [first, second] = [listOf('10.0.0.0/8'), listOf('172.16.0.0/12')];
    const hasRoom = rows.findRoom();
    expect([first, second, listOf('192.168.0.0/16')].map(hasRoom)).toEqual([true, true, false]);
  });

  it('of a list that was let go of count until they are removed', () => {
    const { table, rows, told } = start({ prefixes: 3, addresses: 8, edges: 2 });
    const live = table.acquire(listOf('10.0.0.0/8', '10.1.0.0/16'));
    const next = listOf('172.16.0.0/12', '172.16.1.0/24');
    expect(rows.findRoom()(next)).toBe(false);
    told();
    table.release(live);
    table.compact();
    expect(rows.findRoom()(next)).toBe(false);
    const removed = told().flatMap((operation) => (operation.op === 'delete-prefix' ? [formatPrefix(operation.prefix)] : []));
    expect(removed).toEqual(['10.0.0.0/8', '10.1.0.0/16']);
    expect(rows.findRoom()(next)).toBe(true);
  });
});
