/** What a runtime lists, completed by what it says of each sandbox, which it is asked only where that may have changed. */

import { PosternError } from '../../model/error.ts';
import { type Address, parseAddress } from '../../model/ip.ts';
import type { Sandbox } from '../../model/sandbox.ts';
import type { CriClient } from './cri-client.ts';
import type { ListedSandbox, SandboxStatus } from './cri-messages.ts';

/** How long an ended sandbox is asked whether it still has its network. Some runtimes say so until it is removed. */
const ENDING_MS = 10_000;
/** Asked at once. */
const PARALLEL = 8;

interface Picture {
  readonly addresses: readonly Address[];
  /** `undefined`: it lives. */
  readonly endedAt?: number;
  /** Nothing more will change, but for its end. */
  readonly final: boolean;
}

export class SandboxPictures {
  #known: ReadonlyMap<string, Picture> = new Map();

  /** Sandboxes with addresses, and ended ones. Those on the host's network, and those that have none yet, are left out. Throws `E_CRI`. */
  async take(client: CriClient): Promise<readonly Sandbox[]> {
    const listed = await client.listSandboxes();
    const open = listed.filter(({ id, ready }) => !isSettled(this.#known.get(id), ready));
    const known = new Map(listed.flatMap(({ id }) => (this.#known.has(id) ? [[id, this.#known.get(id)!]] : [])));
    for (let at = 0; at < open.length; at += PARALLEL) {
      const part = open.slice(at, at + PARALLEL);
      const statuses = await Promise.all(part.map(({ id }) => client.sandboxStatus(id)));
      for (const [index, sandbox] of part.entries()) known.set(sandbox.id, draw(sandbox, statuses[index], this.#known.get(sandbox.id)));
    }
    this.#known = known;
    return listed.flatMap((sandbox) => {
      const picture = known.get(sandbox.id);
      if (picture === undefined || (picture.endedAt === undefined && picture.addresses.length === 0)) return [];
      const { namespace, name, uid, createdAt } = sandbox;
      return [{ namespace, name, uid, createdAt, addresses: picture.addresses }];
    });
  }
}

function isSettled(picture: Picture | undefined, ready: boolean): boolean {
  return picture?.final === true && (picture.endedAt === undefined) === ready;
}

function draw({ ready }: ListedSandbox, status: SandboxStatus | undefined, before: Picture | undefined): Picture {
  // On the host's network: the node's own addresses are no pod's.
  if (status?.hostNetwork === true) return { addresses: [], final: true };
  const addresses = status === undefined ? [] : readAddresses(status.addresses);
  if (ready && status?.ready === true) return { addresses, final: addresses.length > 0 };
  const endedAt = before?.endedAt ?? performance.now();
  // Its processes may live on while it has its network: what it has is not free before that is gone.
  return { addresses, endedAt, final: addresses.length === 0 || performance.now() - endedAt > ENDING_MS };
}

function readAddresses(texts: readonly string[]): readonly Address[] {
  try {
    return [...new Set(texts.map(parseAddress))];
  } catch (cause) {
    throw new PosternError('E_CRI', `the container runtime tells what is no address: ${texts.join(', ')}`, { cause });
  }
}
