import { BareError, BareReader } from '../../kernel/bare/index.ts';
import { PortalError } from './errors.ts';

/** First bytes (`portal.md` §1). */
const TYPE = { ping: 0, pong: 1, disconnect: 2, payload: 3 } as const;

/** Specification (`portal.md` §1): most data bytes in a Payload that is sent. */
export const MAX_DATA_BYTES: number = 48 * 1024;

/** What a counter is followed by: itself plus one, in 16 bits. */
export function nextCounter(counter: number): number {
  return (counter + 1) & 0xffff;
}

/** What two ends of a portal say to each other. */
export type PortalMessage =
  | { readonly kind: 'ping' | 'pong' | 'disconnect' }
  | {
      readonly kind: 'payload';
      /** A view of the message. */
      readonly data: Uint8Array;
      /** 0 … 65 535; stock nodes send none. */
      readonly counter: number | undefined;
    };

/** The messages without data. Shared: nobody writes to them. */
export const PING: Uint8Array = Uint8Array.of(TYPE.ping);
export const PONG: Uint8Array = Uint8Array.of(TYPE.pong);
export const DISCONNECT: Uint8Array = Uint8Array.of(TYPE.disconnect);

const SIMPLE: readonly PortalMessage[] = [{ kind: 'ping' }, { kind: 'pong' }, { kind: 'disconnect' }];

/**
 * A Payload in parts: what stands before the data, the data as they are, the counter.
 * @param data 0 … 49 152 bytes.
 * @param counter 0 … 65 535.
 */
export function encodePayload(data: Uint8Array, counter: number): Uint8Array[] {
  return [payloadHead(data.length), data, Uint8Array.of(1, counter & 0xff, counter >>> 8)];
}

/** The type and the length in ULEB128, which takes three bytes at most. */
function payloadHead(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(TYPE.payload, length);
  if (length < 0x4000) return Uint8Array.of(TYPE.payload, (length & 0x7f) | 0x80, length >>> 7);
  return Uint8Array.of(TYPE.payload, (length & 0x7f) | 0x80, ((length >>> 7) & 0x7f) | 0x80, length >>> 14);
}

/**
 * Reads a message (`portal.md` §1); bytes after it are ignored.
 * @throws {PortalError} PORTAL_MALFORMED_MESSAGE
 */
export function decodePortalMessage(bytes: Uint8Array): PortalMessage {
  const type = bytes[0];
  if (type === TYPE.payload) return readPayload(bytes);
  const simple = type === undefined ? undefined : SIMPLE[type];
  if (simple !== undefined) return simple;
  const what = type === undefined ? 'an empty payload' : `a message of type ${type}`;
  throw new PortalError('PORTAL_MALFORMED_MESSAGE', `${what} is no portal message`);
}

function readPayload(bytes: Uint8Array): PortalMessage {
  const reader = new BareReader(bytes, 1);
  try {
    const data = reader.data();
    // A mark without the two bytes of a counter, like anything else that may follow, says nothing.
    const counter = reader.remaining >= 3 && reader.u8() === 1 ? reader.u16() : undefined;
    return { kind: 'payload', data, counter };
  } catch (cause) {
    if (!(cause instanceof BareError)) throw cause;
    throw new PortalError('PORTAL_MALFORMED_MESSAGE', `a payload is cut short: ${cause.message}`, { cause });
  }
}
