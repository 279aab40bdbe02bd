/**
 * The rows of addresses and prefixes in the kernel, whose tables never overflow. A pod's row may be left out: its address is then treated as the blocks say
 * that it lies in, which never allows more. The edge of a block may not, since an `except` is one: a list for which there is no room is not made live.
 */

import type { Operation } from '../model/plan.ts';
import type { PeerList } from '../policy/peer-list.ts';
import { countEdges } from './claims.ts';
import { hasRow, type Member, type MemberChange, type Members } from './members.ts';
import { orderAddressOperations } from './plan.ts';

export interface AddressRoom {
  readonly prefixes: number;
  readonly addresses: number;
  /** Of the addresses: kept for edges of blocks. */
  readonly edges: number;
}

/** As bpf/identity.h has it. */
export const ADDRESS_ROOM: AddressRoom = { prefixes: 131_072, addresses: 262_144, edges: 131_072 };
/** Lists of more edges may not use the last eighth. */
const SMALL_LIST = 256;
const KEPT_FOR_SMALL = 1 / 8;

type PutRow = Extract<Operation, { op: 'put-address' | 'put-prefix' }>;

export class AddressRows {
  readonly #members: Members;
  readonly #room: AddressRoom;
  readonly #leftOut = new Set<Member>();
  /** Addresses that the kernel has. */
  #addresses = 0;

  constructor(members: Members, room: AddressRoom = ADDRESS_ROOM) {
    this.#members = members;
    this.#room = room;
  }

  get addresses(): number {
    return this.#addresses;
  }

  /** Pods' addresses without a row that they should have. */
  get leftOut(): number {
    return this.#leftOut.size;
  }

  /**
   * Asked of lists that are not live and will be, one after the other: would their edges fit beside those that are live, and those that the next operations
   * take away?
   */
  findRoom(): (list: PeerList) => boolean {
    const { edgeRows, dropped } = this.#members;
    const taken = { prefixes: edgeRows.prefixes + dropped.prefixes, addresses: edgeRows.addresses + dropped.addresses };
    return (list) => {
      if (list.kind !== 'peers') return true;
      const prefixes = taken.prefixes + list.blocks.edges.prefixes;
      const addresses = taken.addresses + list.blocks.edges.addresses;
      const part = countEdges(list) <= SMALL_LIST ? 1 : 1 - KEPT_FOR_SMALL;
      const fits = prefixes <= this.#room.prefixes * part && addresses <= this.#room.edges * part;
      if (fits) Object.assign(taken, { prefixes, addresses });
      return fits;
    };
  }

  /** What has changed since the last call, in the order in which it is to be applied. */
  operations(changes: readonly MemberChange[]): Operation[] {
    const deletes: Operation[] = [];
    const wanted = new Map<Member, boolean>();
    for (const { member, hadRow, gone } of changes) {
      const inKernel = hadRow && !this.#leftOut.has(member);
      if (!gone && hasRow(member)) {
        wanted.set(member, inKernel);
        continue;
      }
      this.#leftOut.delete(member);
      if (inKernel) deletes.push(deleteRow(member));
    }
    for (const member of this.#leftOut) if (!wanted.has(member)) wanted.set(member, false);
    const puts = [...this.#place(wanted, true), ...this.#place(wanted, false)];
    this.#addresses -= deletes.filter(({ op }) => op === 'delete-address').length;
    return orderAddressOperations([...puts, ...deletes]);
  }

  *desired(kind: PutRow['op']): Generator<PutRow> {
    for (const member of this.#members.withRow(kind === 'put-address')) if (!this.#leftOut.has(member)) yield putRow(member);
  }

  /** `needed`: those whose absence could allow more. */
  #place(wanted: ReadonlyMap<Member, boolean>, needed: boolean): PutRow[] {
    const puts: PutRow[] = [];
    for (const [member, inKernel] of wanted) {
      if (isNeeded(member) !== needed) continue;
      if (!inKernel && !needed && !this.#fits()) {
        this.#leftOut.add(member);
        continue;
      }
      this.#leftOut.delete(member);
      if (!inKernel && isAddress(member)) this.#addresses += 1;
      puts.push(putRow(member));
    }
    return puts;
  }

  #fits(): boolean {
    const { addresses, edges } = this.#room;
    return this.#addresses < addresses - Math.max(0, edges - this.#members.edgeRows.addresses);
  }
}

function isNeeded(member: Member): boolean {
  return !isAddress(member) || member.edges > 0 || member.ownNode;
}

function isAddress({ length }: Member): boolean {
  return length === 128;
}

function putRow({ address, length, identity, ownNode }: Member): PutRow {
  if (length === 128) return { op: 'put-address', address, identity: identity.id, ownNode };
  return { op: 'put-prefix', prefix: { address, length }, identity: identity.id };
}

function deleteRow({ address, length }: Member): Operation {
  return length === 128 ? { op: 'delete-address', address } : { op: 'delete-prefix', prefix: { address, length } };
}
