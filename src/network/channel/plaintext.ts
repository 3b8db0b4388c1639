import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import {
  type RefreshCredentials,
  encodeRefreshCredentials,
  readRefreshCredentials,
} from '../../trust/credential/index.ts';
import { type Route, RoutingError, readRoute, writeRoute } from '../routing/index.ts';
import { ChannelError } from './errors.ts';

/** What is inside a sealed message (`secure-channel.md` §5). */
export type ChannelMessage =
  | { readonly kind: 'payload'; readonly onward: Route; readonly return: Route; readonly payload: Uint8Array }
  | { readonly kind: 'refresh'; readonly refresh: RefreshCredentials }
  | { readonly kind: 'close' };

const VARIANT = { payload: 0, refresh: 1, close: 2 } as const;

/** The empty padding that ends every message. */
const PADDING = Uint8Array.of(0x40);

/** A close message. */
const CLOSE = Uint8Array.of(0x82, 0x82, 0x02, 0x80, 0x40);

/** Bytes of heads and of two short routes; a longer one makes the writer grow. */
const HEAD_CAPACITY = 160;

/** The parts of a payload message: what stands before the payload, the payload as it was given, what stands behind. */
export function encodePayload(
  onward: Route,
  returnRoute: Route,
  payload: Uint8Array | readonly Uint8Array[],
): Uint8Array[] {
  const parts = payload instanceof Uint8Array ? [payload] : payload;
  let length = 0;
  for (const part of parts) length += part.length;
  const head = new CborWriter(HEAD_CAPACITY).array(2).array(2).uint(VARIANT.payload).array(1).array(3);
  writeRoute(head, onward);
  writeRoute(head, returnRoute);
  return [head.bytesHead(length).finish(), ...parts, PADDING];
}

/** The parts of a message that tells the peer of a new history or credential. @throws {CredentialError} CREDENTIAL_TOO_LONG */
export function encodeRefresh(refresh: RefreshCredentials): Uint8Array[] {
  const head = new CborWriter(8).array(2).array(2).uint(VARIANT.refresh).array(1).finish();
  return [head, encodeRefreshCredentials(refresh), PADDING];
}

/** The parts of a message that says the channel ends. */
export function encodeClose(): Uint8Array[] {
  return [CLOSE];
}

/**
 * Reads an opened message; the payload is a view of `plaintext`. Padding and bytes after it are ignored.
 * @throws {ChannelError} CHANNEL_MALFORMED_MESSAGE
 */
export function decodeMessage(plaintext: Uint8Array): ChannelMessage {
  try {
    const reader = new CborReader(plaintext);
    const padded = reader.array();
    const message = padded.required('message', () => readMessage(reader));
    padded.required('padding', () => reader.bytes());
    return message;
  } catch (cause) {
    if (cause instanceof CborError || cause instanceof RoutingError) {
      throw new ChannelError('CHANNEL_MALFORMED_MESSAGE', 'an opened message is no channel message', { cause });
    }
    throw cause;
  }
}

function readMessage(reader: CborReader): ChannelMessage {
  const outer = reader.definiteArray(2);
  const variant = outer.required('variant', () => reader.uint());
  const message = outer.required('fields', (): ChannelMessage => {
    switch (variant) {
      case VARIANT.payload:
        return readPayload(reader);
      case VARIANT.refresh:
        return readRefresh(reader);
      case VARIANT.close:
        reader.skip();
        return { kind: 'close' };
      default:
        throw new ChannelError('CHANNEL_MALFORMED_MESSAGE', `there is no channel message ${variant}`);
    }
  });
  outer.end();
  return message;
}

function readPayload(reader: CborReader): ChannelMessage {
  const fields = reader.array();
  const message = fields.required('payload message', (): ChannelMessage => {
    const parts = reader.array();
    const onward = parts.required('onward route', () => readRoute(reader));
    const returnRoute = parts.required('return route', () => readRoute(reader));
    const payload = parts.required('payload', () => reader.bytes());
    parts.end();
    return { kind: 'payload', onward, return: returnRoute, payload };
  });
  fields.end();
  return message;
}

function readRefresh(reader: CborReader): ChannelMessage {
  const fields = reader.array();
  const refresh = fields.required('refresh', () => readRefreshCredentials(reader));
  fields.end();
  return { kind: 'refresh', refresh };
}
