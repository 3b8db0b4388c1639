import { BareError, BareReader, BareWriter } from '../../../kernel/bare/index.ts';
import type { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { type CodedError, quoted } from '../../../kernel/errors/index.ts';
import { formatIp4, formatIp6, parseIp4, parseIp6 } from '../../../kernel/ip/index.ts';
import { RoutingError } from './errors.ts';

/** Protocols of a MultiAddr and their codes (`routing.md` §12). */
const CODES = {
  ip4: 4,
  tcp: 6,
  ip6: 41,
  dnsaddr: 56,
  service: 62526,
  node: 72526,
  project: 82526,
  space: 92526,
  secure: 99526,
  worker: 102526,
} as const;

/** The name of a protocol. */
export type MultiAddrProtocol = keyof typeof CODES;

/** One `/protocol/value`. */
export interface MultiAddrPart {
  readonly protocol: MultiAddrProtocol;
  /** The canonical text: a dotted quad, an IPv6 text, a decimal port, or a name without `/`. */
  readonly value: string;
}

/** How a user names a worker and the way to it (`routing.md` §12). */
export type MultiAddr = readonly MultiAddrPart[];

/** Ours: more parts or bytes are no address of anything. */
const MAX_PARTS = 64;
const MAX_BYTES = 4096;

const PROTOCOLS = new Map<number, MultiAddrProtocol>(
  Object.entries(CODES).map(([name, code]) => [code, name as MultiAddrProtocol]),
);

/**
 * Reads the text form; the leading `/` may be missing, the value of a name may be empty.
 * @throws {RoutingError} ROUTING_INVALID_MULTI_ADDR
 */
export function parseMultiAddr(text: string): MultiAddr {
  if (text.length > MAX_BYTES) throw invalid(`more than ${MAX_BYTES} characters`);
  if (text === '') return [];
  const fields = (text.startsWith('/') ? text.slice(1) : text).split('/');
  if (fields.length > 2 * MAX_PARTS) throw invalid(`more than ${MAX_PARTS} parts`);
  const parts: MultiAddrPart[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const protocol = fields[i] ?? '';
    if (!Object.hasOwn(CODES, protocol)) throw invalid(`unknown protocol ${quoted(protocol)} in ${quoted(text)}`);
    parts.push(part(protocol as MultiAddrProtocol, fields[i + 1] ?? ''));
  }
  return parts;
}

/** The canonical text, `/protocol/value…`; empty for no parts. */
export function formatMultiAddr(multiAddr: MultiAddr): string {
  return multiAddr.map(({ protocol, value }) => `/${protocol}/${value}`).join('');
}

/** The binary form. */
export function encodeMultiAddr(multiAddr: MultiAddr): Uint8Array {
  const writer = new BareWriter();
  for (const { protocol, value } of multiAddr) {
    writer.uint(CODES[protocol]);
    if (protocol === 'tcp') writer.u8(Number(value) >> 8).u8(Number(value) & 255);
    else if (protocol === 'ip4' || protocol === 'ip6') writer.raw(ipBytes(protocol, value));
    else writer.string(value);
  }
  return writer.finish();
}

/**
 * Reads the binary form, all of `bytes`.
 * @throws {RoutingError} ROUTING_INVALID_MULTI_ADDR
 */
export function decodeMultiAddr(bytes: Uint8Array): MultiAddr {
  if (bytes.length > MAX_BYTES) throw invalid(`more than ${MAX_BYTES} bytes`);
  const reader = new BareReader(bytes);
  const parts: MultiAddrPart[] = [];
  try {
    while (reader.remaining > 0) {
      if (parts.length === MAX_PARTS) throw invalid(`more than ${MAX_PARTS} parts`);
      const code = reader.uint();
      const protocol = PROTOCOLS.get(code);
      if (protocol === undefined) throw invalid(`unknown protocol ${code}`);
      parts.push(part(protocol, readValue(reader, protocol)));
    }
  } catch (cause) {
    if (cause instanceof BareError) throw invalid(cause.message, cause);
    throw cause;
  }
  return parts;
}

/** Writes the byte string that holds the binary form. */
export function writeMultiAddr(writer: CborWriter, multiAddr: MultiAddr): void {
  writer.bytes(encodeMultiAddr(multiAddr));
}

/** Reads a byte string that holds the binary form. @throws {CborError | RoutingError} */
export function readMultiAddr(reader: CborReader): MultiAddr {
  return decodeMultiAddr(reader.bytes());
}

function readValue(reader: BareReader, protocol: MultiAddrProtocol): string {
  switch (protocol) {
    case 'ip4':
      return formatIp4(reader.raw(4));
    case 'ip6':
      return formatIp6(reader.raw(16));
    case 'tcp':
      return String((reader.u8() << 8) | reader.u8());
    default:
      return reader.string();
  }
}

/** The part of `protocol` with its value checked and made canonical. */
function part(protocol: MultiAddrProtocol, value: string): MultiAddrPart {
  switch (protocol) {
    case 'ip4':
      return { protocol, value: formatIp4(ipBytes(protocol, value)) };
    case 'ip6':
      return { protocol, value: formatIp6(ipBytes(protocol, value)) };
    case 'tcp':
      if (!/^\d{1,5}$/.test(value) || Number(value) > 0xffff) throw invalid(`not a port: ${quoted(value)}`);
      return { protocol, value: String(Number(value)) };
    default:
      if (value.includes('/')) throw invalid(`a value cannot hold a slash: ${quoted(value)}`);
      return { protocol, value };
  }
}

function ipBytes(protocol: 'ip4' | 'ip6', value: string): Uint8Array {
  const bytes = protocol === 'ip4' ? parseIp4(value) : parseIp6(value);
  if (bytes === undefined) throw invalid(`not an ${protocol} address: ${quoted(value)}`);
  return bytes;
}

function invalid(message: string, cause?: CodedError): RoutingError {
  return new RoutingError('ROUTING_INVALID_MULTI_ADDR', `invalid MultiAddr: ${message}`, { cause });
}
