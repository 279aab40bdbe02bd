/** Every row of the semantics, by the tables of its page. */

import { ADDRESS_ROWS } from './addresses.ts';
import { API_ROWS } from './api.ts';
import { PACKET_ROWS } from './packets.ts';
import type { Row } from './row.ts';
import { TIME_ROWS } from './time.ts';

export const ROW_TABLES: Readonly<Record<string, readonly Row[]>> = {
  "The API's own rules": API_ROWS,
  'Nodes, Services and addresses': ADDRESS_ROWS,
  Packets: PACKET_ROWS,
  'Pods and flows over time': TIME_ROWS,
};

export const ROWS: readonly Row[] = Object.values(ROW_TABLES).flat();
