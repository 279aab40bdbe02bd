/** The way to the API server: its address, credentials and TLS by client-node, one plain HTTP request for each question. */

import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { PosternError } from '../model/error.ts';
import { unreachable } from './api-error.ts';

export interface ApiServerOptions {
  /** Path of a kubeconfig. Default: the pod's service account, else KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig; default its current one. */
  readonly context?: string;
}

const SERVICE_ACCOUNT_TOKEN = '/var/run/secrets/kubernetes.io/serviceaccount/token';
/** Until the headers of an answer are there. */
const ANSWER_MS = 30_000;
/** Dead peers are found by bytes received; this only keeps the tables of middle boxes alive. */
const KEEP_ALIVE_MS = 15_000;

export class ApiServer {
  readonly #config: KubeConfig;
  /** e.g. `https://10.96.0.1:443` */
  readonly address: string;
  /** Of the kubeconfig; client-node's own name for it in a pod. */
  readonly context: string;

  /** `E_KUBECONFIG` where there is none that can be read, or it lacks the context. */
  constructor(options: ApiServerOptions = {}) {
    this.#config = loadConfig(options);
    const server = this.#config.getCurrentCluster()?.server;
    if (server === undefined) throw configError(options, 'its context names no cluster', undefined);
    this.address = server.replace(/\/+$/, '');
    this.context = this.#config.getCurrentContext();
  }

  /** The answer, once its headers are there, whatever its status. `E_KUBE_CONNECTION`; credentials are read anew each time. */
  async get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<http.IncomingMessage> {
    return this.#request('GET', `${path}?${new URLSearchParams(query).toString()}`, undefined, signal);
  }

  /** As `get`. */
  async post(path: string, object: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<http.IncomingMessage> {
    return this.#request('POST', path, JSON.stringify(object), signal);
  }

  async #request(method: 'GET' | 'POST', path: string, body: string | undefined, signal: AbortSignal): Promise<http.IncomingMessage> {
    try {
      const headers = { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
      const options: https.RequestOptions = { method, headers };
      await this.#config.applyToHTTPSOptions(options);
      return await ask(new URL(`${this.address}${path}`), { ...options, signal }, body);
    } catch (cause) {
      throw unreachable(this.address, cause);
    }
  }
}

function ask(url: URL, options: https.RequestOptions, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'http:' ? http : https).request(url, options);
    const late = setTimeout(() => request.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    request.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    request.on('response', (response) => {
      clearTimeout(late);
      resolve(response);
    });
    // After the answer has begun its own stream tells of errors; reject does nothing any more.
    request.on('error', (error) => {
      clearTimeout(late);
      reject(error);
    });
    request.end(body);
  });
}

/** Where the library finds no file it makes up a context of this name, for a server without TLS at localhost. */
const NOT_FOUND = 'loaded-context';

function loadConfig(options: ApiServerOptions): KubeConfig {
  const { kubeconfig, context } = options;
  const config = new KubeConfig();
  const inCluster = kubeconfig === undefined && process.env['KUBERNETES_SERVICE_HOST'] !== undefined && existsSync(SERVICE_ACCOUNT_TOKEN);
  try {
    if (kubeconfig !== undefined) config.loadFromFile(kubeconfig);
    else if (inCluster) config.loadFromCluster();
    else config.loadFromDefault();
    if (kubeconfig === undefined && config.getCurrentContext() === NOT_FOUND)
      throw new Error('there is none, neither KUBECONFIG nor ~/.kube/config');
  } catch (cause) {
    throw configError(options, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (context !== undefined) {
    if (config.getContextObject(context) === null) throw configError(options, `it has no context ${context}`, undefined);
    config.setCurrentContext(context);
  }
  return config;
}

function configError({ kubeconfig }: ApiServerOptions, message: string, cause: unknown): PosternError {
  return new PosternError('E_KUBECONFIG', `the kubeconfig cannot be used: ${message}`, {
    ...(kubeconfig === undefined ? {} : { at: { file: kubeconfig } }),
    mend: 'name one with --kubeconfig, or run in a pod with a service account',
    cause,
  });
}
