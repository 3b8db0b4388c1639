import type { IncomingMessage } from 'node:http';
import { CodedError, quoted } from '../../kernel/index.ts';
import { request as open } from '../../network/http/index.ts';
import { NodeError } from '../errors.ts';
import { activeSpan } from '../telemetry/index.ts';
import { MAX_CONTROL_BYTES } from './server.ts';

/** Ours, milliseconds. */
const TIMEOUT_MS = 10_000;

/** A call of the control interface of a process on this machine. */
export interface ControlCall {
  readonly socket: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Uint8Array | undefined;
  /** Default 10 000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Calls, and resolves to the JSON value of the answer.
 * @throws {NodeError} NODE_NOT_RUNNING when nobody listens, NODE_CONTROL when there is no answer · {CodedError} what the process says
 */
export async function callControl({
  socket,
  method,
  path,
  body,
  timeoutMs = TIMEOUT_MS,
}: ControlCall): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const { traceparent } = activeSpan() ?? {};
  const headers = traceparent === undefined ? {} : { traceparent };
  const call = open({ socketPath: socket, method, path, headers, timeout: timeoutMs, agent: false }, resolve);
  call.on('timeout', () => call.destroy(new NodeError('NODE_CONTROL', `no answer within ${timeoutMs} ms`)));
  call.on('error', reject);
  call.end(body);
  let response: IncomingMessage;
  let text = '';
  try {
    response = await promise;
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) {
      text += chunk;
      if (text.length > MAX_CONTROL_BYTES) throw new NodeError('NODE_CONTROL', 'the answer is too long');
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ECONNREFUSED') {
      throw new NodeError('NODE_NOT_RUNNING', `nobody listens on ${quoted(socket)}`, { cause });
    }
    if (cause instanceof NodeError) throw cause;
    throw new NodeError('NODE_CONTROL', `the call ${method} ${path} failed`, { cause });
  }
  const value: unknown = JSON.parse(text);
  if (response.statusCode === 200) return value;
  const { code, message, remedy } = value as { code: string; message: string; remedy?: string };
  throw new CodedError(code, message, { remedy });
}
