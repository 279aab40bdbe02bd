/** A Node of the API (core/v1): its own addresses and the blocks that its pods' addresses come from. */

import type { Address } from '../ip.ts';
import { PosternError } from '../error.ts';
import { parsePrefix } from '../ip.ts';
import type { Node } from '../objects.ts';
import { decodeAddress, fieldError, recordAt, recordsAt, textAt, textsAt } from './fields.ts';
import type { JsonRecord } from './fields.ts';
import { decodeMetadata, decodeNamed } from './metadata.ts';

/** `E_OBJECT_FIELD` with the object and the field. */
export function decodeNode(value: unknown): Node {
  return decodeNamed('Node', value, (object) => {
    const { name, labels, annotations } = decodeMetadata('Node', object);
    const spec = recordAt(object, 'spec', 'spec');
    const status = recordAt(object, 'status', 'status');
    return { kind: 'Node', name, labels, annotations, addresses: decodeNodeAddresses(status), podCIDRs: decodePodCIDRs(spec) };
  });
}

/** Host names and DNS names stand in the same list; only the two IP types are addresses. */
function decodeNodeAddresses(status: JsonRecord): readonly Address[] {
  const addresses: Address[] = [];
  for (const [index, entry] of recordsAt(status, 'addresses', 'status.addresses').entries()) {
    const path = `status.addresses[${index}]`;
    const type = textAt(entry, 'type', `${path}.type`);
    if (type !== 'InternalIP' && type !== 'ExternalIP') continue;
    const text = textAt(entry, 'address', `${path}.address`);
    if (text !== undefined) addresses.push(decodeAddress(text, `${path}.address`));
  }
  return addresses;
}

function decodePodCIDRs(spec: JsonRecord): readonly string[] {
  const blocks = textsAt(spec, 'podCIDRs', 'spec.podCIDRs');
  if (blocks.length > 0) return blocks.map((text, index) => checkPrefix(text, `spec.podCIDRs[${index}]`));
  const block = textAt(spec, 'podCIDR', 'spec.podCIDR');
  return block === undefined ? blocks : [checkPrefix(block, 'spec.podCIDR')];
}

function checkPrefix(text: string, path: string): string {
  try {
    parsePrefix(text);
    return text;
  } catch (cause) {
    if (!(cause instanceof PosternError)) throw cause;
    throw fieldError(path, cause.message, cause.mend ?? 'write a CIDR', cause);
  }
}
