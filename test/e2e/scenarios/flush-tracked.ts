/** Makes the kernel forget every connection that it tracks in this namespace; prints how many it still knows. */

import * as native from '../../../native/index.js';
import { listConntrack } from '../../../src/discovery/conntrack.ts';
import { encodeMessage, NLM_F_REQUEST, request } from '../../../src/discovery/netlink-message.ts';

const NETLINK_NETFILTER = 12;
const NLM_F_ACK = 4;
/** NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE: without a tuple, all of them. */
const CT_DELETE = 0x102;
const NFGENMSG = 4;

const socket = native.netlinkOpen(NETLINK_NETFILTER, []);
request(socket, encodeMessage(CT_DELETE, NLM_F_REQUEST | NLM_F_ACK, new Uint8Array(NFGENMSG)), 'end of its connections');
native.close(socket);
console.log(JSON.stringify(listConntrack().length));
