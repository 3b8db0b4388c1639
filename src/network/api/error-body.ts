import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { METHODS, type ApiMethod } from './framing.ts';

/** Ours: how much of a peer's text is kept. */
const MAX_TEXT = 256;

/** The body of every answer other than 200 (`node-api.md` §1). */
export interface ErrorBody {
  readonly path?: string | undefined;
  readonly method?: ApiMethod | undefined;
  readonly message?: string | undefined;
}

/** CBOR of an error body. */
export function encodeErrorBody(error: ErrorBody): Uint8Array {
  const { path, method, message } = error;
  const writer = new CborWriter(64).map([path, method, message].filter((field) => field !== undefined).length);
  if (path !== undefined) writer.uint(1).text(path);
  if (method !== undefined) writer.uint(2).uint(METHODS.indexOf(method));
  if (message !== undefined) writer.uint(3).text(message);
  return writer.finish();
}

/** The message of an error body, which is a map or a bare text; empty when there is none. @throws {CborError} */
export function decodeErrorMessage(body: Uint8Array): string {
  const reader = new CborReader(body);
  if (reader.peek() === 'text') return reader.text().slice(0, MAX_TEXT);
  let message = '';
  const pairs = reader.map();
  while (pairs.more()) {
    if (reader.uint() === 3 && reader.peek() === 'text') message = reader.text().slice(0, MAX_TEXT);
    else reader.skip();
  }
  pairs.end();
  return message;
}
