/** Which events of allowed packets tell of no new flow. */

import type { PacketEvent } from '../model/packet-event.ts';
import { PROTOCOL_NUMBER } from '../model/verdict.ts';

const SYN_AND_ACK = 0x12;

/** A pod's SYN-ACK is judged, since an inbound SYN leaves no record; the flow was told when the SYN came. */
export function isAnswer({ verdict, protocol, tcpFlags }: PacketEvent): boolean {
  return verdict === 'allow' && protocol === PROTOCOL_NUMBER.TCP && (tcpFlags & SYN_AND_ACK) === SYN_AND_ACK;
}
