/** What is said where no agent answers. */

import { PosternError } from '../model/error.ts';

export function noAgent(socketPath: string, cause: Error): PosternError {
  return new PosternError('E_SOCKET', `no agent answers at ${socketPath}: ${cause.message}`, {
    mend: 'is it running, and are you root? --socket names its socket',
    cause,
  });
}
