/** What metrics are read from. */

import type { ApiLoss } from '../api-loss.ts';
import type { PacketNews } from '../packet-news.ts';
import type { StatusParts } from '../status.ts';

export interface TelemetryParts extends StatusParts {
  readonly news: Pick<PacketNews, 'received'>;
  readonly apiLoss: Pick<ApiLoss, 'lostMs' | 'losses'>;
}
