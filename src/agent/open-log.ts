/** The agent's log: JSON lines on standard output. */

import { destination, type Logger, pino, stdTimeFunctions } from 'pino';

/** Each line is written before the next thing happens: the last words of an agent that dies are there. */
export function openLog(level: string): Logger {
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime }, destination({ fd: 1, sync: true }));
}
