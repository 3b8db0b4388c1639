/** Reading the body of a response up to a cap. */
import type { Dispatcher } from 'undici';
import { GatheredBytes } from '../../kernel/index.ts';
import { EgressError } from './errors.ts';

/** How many bytes of a body are read. */
export interface BodyLimits {
  /** More than this fails a successful response. */
  readonly maxResponseBytes: number;
  /** The body of a status > 299 is only an error text, so it is cut here. */
  readonly maxErrorBytes: number;
}

/**
 * The body of `response`, a new array. Nothing is decompressed: a small answer cannot become a large one.
 * @throws {EgressError} EGRESS_TOO_LARGE
 */
export async function readBody(response: Dispatcher.ResponseData, limits: BodyLimits): Promise<Uint8Array> {
  const isError = response.statusCode > 299;
  const limit = isError ? limits.maxErrorBytes : limits.maxResponseBytes;
  const gathered = new GatheredBytes();
  // Leaving the loop early destroys the stream and with it the connection.
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    const room = limit - gathered.length;
    if (chunk.length > room) {
      if (!isError) throw new EgressError('EGRESS_TOO_LARGE', `response body larger than ${limit} bytes`);
      gathered.push(chunk.subarray(0, room));
      break;
    }
    gathered.push(chunk);
  }
  return gathered.copy();
}
