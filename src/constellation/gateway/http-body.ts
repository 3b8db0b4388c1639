import type { IncomingMessage } from 'node:http';
import { GatheredBytes } from '../../kernel/index.ts';
import { RequestError } from './errors.ts';
import type { HeldBytes } from './held-bytes.ts';

/** Whether `message` has a body, by its head alone. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

/**
 * The body of `message`, whole.
 * @param held asked for room before bytes are kept.
 * @throws {RequestError} GATEWAY_BODY_TOO_LARGE above `maxBytes`, GATEWAY_OVERLOADED, GATEWAY_CLIENT_GONE
 */
export function readBody(message: IncomingMessage, maxBytes: number, held: HeldBytes): Promise<Uint8Array> {
  const announced = Number(message.headers['content-length'] ?? 0);
  if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const gathered = new GatheredBytes();
    let bytes = 0;
    const fail = (error: RequestError): void => {
      message.removeAllListeners('data');
      message.pause();
      reject(error);
    };
    message.on('data', (part: Uint8Array) => {
      bytes += part.length;
      if (bytes > maxBytes) fail(tooLarge(maxBytes));
      else if (held.take(part.length)) gathered.push(part);
      else fail(new RequestError('GATEWAY_OVERLOADED', 'the bodies of all requests together are too large'));
    });
    message.on('end', () => resolve(gathered.join()));
    message.on('close', () => {
      if (!message.complete) fail(new RequestError('GATEWAY_CLIENT_GONE', 'the client left before its request ended'));
    });
  });
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('GATEWAY_BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`);
}
