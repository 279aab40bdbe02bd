/** Split a stream into lines and read each as JSON. */

import type { Readable } from 'node:stream';

/** Ends with the stream; a line that is not JSON throws. */
export async function* readJsonLines(stream: Readable): AsyncGenerator<unknown> {
  let rest = '';
  stream.setEncoding('utf8');
  for await (const chunk of stream as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') yield JSON.parse(line);
  }
}
