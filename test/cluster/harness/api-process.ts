/** Runs beside the control plane: sends requests to the API server as lines of JSON ask for them, and says when each was answered. */

import { readFileSync } from 'node:fs';
import https from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { readClock } from '../../e2e/support/traffic-streams.ts';
import type { ApiAnswer, ApiRequest } from './api-client.ts';

const [kubeconfig = ''] = process.argv.slice(2);
const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
  clusters: [{ cluster: { server: string; 'certificate-authority': string } }];
  users: [{ user: { token: string } }];
};
const { server, 'certificate-authority': certificate } = clusters[0].cluster;
const { token } = users[0].user;
const agent = new https.Agent({ keepAlive: true, ca: readFileSync(certificate) });

function send({ method, path, body }: ApiRequest): Promise<ApiAnswer> {
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
  };
  const sentAt = readClock();
  return new Promise((resolve, reject) => {
    const request = https.request(`${server}${path}`, { agent, method, headers }, (response) => {
      const answeredAt = readClock();
      void text(response).then(
        (json) => resolve({ status: response.statusCode ?? 0, body: JSON.parse(json) as unknown, sentAt, answeredAt }),
        reject,
      );
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const { id, ...request } = JSON.parse(line) as ApiRequest & { readonly id: number };
    const sentAt = readClock();
    void send(request)
      .catch((error: Error): ApiAnswer => ({ status: 0, body: { message: error.message }, sentAt, answeredAt: readClock() }))
      .then((answer) => process.stdout.write(`${JSON.stringify({ id, answer })}\n`));
  })
  .on('close', () => process.exit());
