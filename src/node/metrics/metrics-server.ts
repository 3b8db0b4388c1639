import { listenReadOnly, type ReadOnlyReply } from '../http-server/index.ts';
import { EXPOSITION_TYPE, exposition } from './exposition.ts';
import type { Collect } from './metric.ts';

/** Where to listen. */
export interface MetricsServerOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  readonly collect: Collect;
  /** Told when there are no metrics to be had. */
  readonly onError: (error: unknown) => void;
}

/** A server that answers `GET /metrics`. */
export interface MetricsServer {
  /** `http://host:port/metrics`. */
  readonly url: string;
  /** `host:port`. */
  readonly address: string;
  readonly close: () => Promise<void>;
}

/** @throws {NodeError} NODE_LISTEN */
export async function listenForScrapes(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, onError } = options;
  const server = await listenReadOnly({ host, port, onError, answer: (method, path) => answer(options, method, path) });
  return { ...server, url: `http://${server.address}/metrics` };
}

function answer({ collect, onError }: MetricsServerOptions, method: string, path: string): ReadOnlyReply {
  if (path !== '/metrics') return text(404, 'metrics are at /metrics\n');
  if (method !== 'GET' && method !== 'HEAD') return text(405, 'metrics are read with GET\n', { allow: 'GET, HEAD' });
  try {
    return { status: 200, headers: { 'content-type': EXPOSITION_TYPE }, text: exposition(collect()) };
  } catch (error) {
    onError(error);
    return text(500, 'the metrics could not be collected\n');
  }
}

function text(status: number, words: string, headers: Readonly<Record<string, string>> = {}): ReadOnlyReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers }, text: words };
}
