import type { BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import type { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { BytesError, fromUtf8, toHex, utf8 } from '../../../kernel/bytes/index.ts';
import { quoted } from '../../../kernel/errors/index.ts';
import type { RandomSource } from '../../../kernel/index.ts';
import { RoutingError } from './errors.ts';

/** What kind of place an address names (`routing.md` §3); other numbers up to 255 are carried as they are. */
export const TRANSPORT_TYPE = {
  local: 0,
  tcp: 1,
  udp: 2,
  webSocket: 3,
  bluetooth: 4,
  unixSocket: 5,
} as const;

/** Ours. Deviation: the reference takes addresses of any length; names and host names are far shorter than this. */
export const MAX_ADDRESS_BYTES = 1024;

/**
 * Where a message can go: a transport type and exact bytes (`routing.md` §3). A value that never changes; its bytes are
 * its own and must not be written to. Two addresses are the same exactly when their keys are the same.
 */
export interface Address {
  /** 0 … 255, see {@link TRANSPORT_TYPE}. */
  readonly type: number;
  /** 0 … 1024 bytes, by convention UTF-8. */
  readonly bytes: Uint8Array;
  /** One character for the type, then one for each byte: a key for maps and sets, not a text to show. */
  readonly key: string;
}

/**
 * The address of `type` and a copy of `bytes`.
 * @throws {RoutingError} ROUTING_INVALID_ADDRESS when the type is not a byte or there are more than 1024 bytes.
 */
export function createAddress(type: number, bytes: Uint8Array): Address {
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw new RoutingError('ROUTING_INVALID_ADDRESS', `an address type is 0 to 255, not ${quoted(type)}`);
  }
  if (bytes.length > MAX_ADDRESS_BYTES) {
    throw new RoutingError(
      'ROUTING_INVALID_ADDRESS',
      `an address has at most ${MAX_ADDRESS_BYTES} bytes, not ${bytes.length}`,
    );
  }
  const own = new Uint8Array(bytes);
  const key = String.fromCharCode(type) + (Reflect.apply(String.fromCharCode, undefined, own) as string);
  return { type, bytes: own, key };
}

/** Ours: so many addresses, each in the one place its hash gives it, are remembered to be used again. */
const REMEMBERED = 1024;
const MAX_REMEMBERED_BYTES = 64;
const remembered: (Address | undefined)[] = Array.from({ length: REMEMBERED }, () => undefined);

/**
 * The address of `type` and the bytes of `source` from `start` to `end`. Messages name the same few addresses again and
 * again, so one that was read lately is returned as it is, without making a copy and a key.
 * @throws {RoutingError} ROUTING_INVALID_ADDRESS
 */
export function recallAddress(type: number, source: Uint8Array, start: number, end: number): Address {
  const length = end - start;
  if (length > MAX_REMEMBERED_BYTES) return createAddress(type, source.subarray(start, end));
  let hash = type;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (source[i] as number), 0x0100_0193);
  const slot = (hash ^ (hash >>> 15)) & (REMEMBERED - 1);
  const known = remembered[slot];
  if (known !== undefined && known.type === type && known.bytes.length === length) {
    let i = 0;
    while (i < length && known.bytes[i] === source[start + i]) i++;
    if (i === length) return known;
  }
  const address = createAddress(type, source.subarray(start, end));
  remembered[slot] = address;
  return address;
}

/** The local address named by the UTF-8 bytes of `name`. @throws {RoutingError} ROUTING_INVALID_ADDRESS when too long. */
export function localAddress(name: string): Address {
  return createAddress(TRANSPORT_TYPE.local, utf8(name));
}

/** How the key of a local address begins. */
const LOCAL_KEY = String.fromCharCode(TRANSPORT_TYPE.local);

/** A fresh local address: 16 random bytes as 32 lower-case hex characters. */
export function randomAddress(random: RandomSource): Address {
  const name = toHex(random(16));
  const bytes = new Uint8Array(name.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = name.charCodeAt(i);
  return { type: TRANSPORT_TYPE.local, bytes, key: LOCAL_KEY + name };
}

/** Whether `a` and `b` name the same place. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.key === b.key;
}

/**
 * The address of a text: `echo` is local, `1#127.0.0.1:4000` has its type in front.
 * @throws {RoutingError} ROUTING_INVALID_ADDRESS for more than one `#` or a prefix that is no number up to 255.
 */
export function parseAddress(text: string): Address {
  const parts = text.split('#');
  if (parts.length === 1) return localAddress(text);
  const [prefix, name] = parts;
  if (parts.length > 2 || prefix === undefined || name === undefined || !/^\d{1,3}$/.test(prefix)) {
    throw new RoutingError('ROUTING_INVALID_ADDRESS', `not an address: ${quoted(text)}`, {
      remedy: 'write a name, or <type>#<name> with a type of 0 to 255',
    });
  }
  return createAddress(Number(prefix), utf8(name));
}

/** The text of `address`, always with its type: `0#echo`. Bytes that are not UTF-8 are shown as `0x…`. */
export function formatAddress(address: Address): string {
  return `${address.type}#${addressName(address)}`;
}

/** A key has one character for each byte. */
const ASCII = /^[\0-\x7f]*$/;

/** The name in `address` without its type. Bytes that are not UTF-8 are shown as `0x…`. */
export function addressName(address: Address): string {
  // Nearly every name is ASCII, and the key has it already.
  const name = address.key.slice(1);
  if (ASCII.test(name)) return name;
  try {
    return fromUtf8(address.bytes);
  } catch (error) {
    if (error instanceof BytesError) return `0x${toHex(address.bytes)}`;
    throw error;
  }
}

/** Writes `[type, bytes]`. */
export function writeAddress(writer: CborWriter, address: Address): void {
  writer.array(2).uint(address.type).bytes(address.bytes);
}

/** Reads `[type, bytes]`. @throws {CborError | RoutingError} */
export function readAddress(reader: CborReader): Address {
  const fields = reader.array();
  const type = fields.required('type', () => reader.uint(255));
  const bytes = fields.required('address', () => reader.bytes());
  fields.end();
  return recallAddress(type, bytes, 0, bytes.length);
}

/** Writes the BARE form. */
export function writeBareAddress(writer: BareWriter, address: Address): void {
  writer.u8(address.type).data(address.bytes);
}

/** Reads the BARE form. @throws {BareError | RoutingError} */
export function readBareAddress(reader: BareReader): Address {
  return createAddress(reader.u8(), reader.data());
}
