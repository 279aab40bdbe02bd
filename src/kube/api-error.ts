/** What the API server, or the way to it, can refuse. */

import { PosternError } from '../model/error.ts';
import type { ListedResource } from './resources.ts';

/** The version that was asked for is too old: only a new list helps (410, reason Expired or Gone). */
export class ExpiredError extends Error {
  override readonly name = 'ExpiredError';
}

/** A page that is too large to be read at once. */
export class PageTooLargeError extends Error {
  override readonly name = 'PageTooLargeError';
}

/** A Status (meta/v1) or an HTTP status that is not 200. `E_KUBE_UNAUTHORIZED`, `E_KUBE_FORBIDDEN`, `E_KUBE_RESOURCE` or `E_KUBE_SERVER`. */
export function refusal(resource: ListedResource, code: number, message: string): Error {
  const said = message === '' ? `status ${code}` : message;
  switch (code) {
    case 410:
      return new ExpiredError(said);
    case 401:
      return new PosternError('E_KUBE_UNAUTHORIZED', `the API server does not accept our credentials: ${said}`, {
        mend: 'look at the service account and its token, or at the user of the kubeconfig',
      });
    case 403:
      return new PosternError('E_KUBE_FORBIDDEN', `${resource.name} may not be listed or watched: ${said}`, {
        mend: `grant list and watch on ${resource.name} (API group "${resource.group}") in a ClusterRole`,
      });
    case 404:
      return new PosternError('E_KUBE_RESOURCE', `the API server has no ${resource.path}`, {
        mend: `${resource.apiVersion} must be served: the cluster may be too old`,
      });
    default:
      return new PosternError('E_KUBE_SERVER', `${resource.name}: the API server answers ${said}`, { mend: 'it is tried again' });
  }
}

/** `E_KUBE_CONNECTION`: no answer at all. */
export function unreachable(server: string, cause: unknown): PosternError {
  const { code, message } = cause as { code?: string; message?: string };
  return new PosternError('E_KUBE_CONNECTION', `the API server at ${server} cannot be reached: ${code ?? message ?? String(cause)}`, {
    mend: 'it is tried again; what was enforced stays in force',
    cause,
  });
}
