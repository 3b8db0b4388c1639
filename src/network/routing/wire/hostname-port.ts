import { CborReader, CborWriter } from '../../../kernel/cbor/index.ts';
import { quoted } from '../../../kernel/errors/index.ts';
import { formatIp6, parseIp6 } from '../../../kernel/ip/index.ts';
import { RoutingError } from './errors.ts';

/** Where to connect (`routing.md` §14). */
export interface HostnamePort {
  /** A host name, a dotted quad, or an IPv6 address in brackets. */
  readonly host: string;
  /** 0 … 65535. */
  readonly port: number;
}

const MAX_HOST_LENGTH = 253;
const LABEL = /^[A-Za-z0-9_-]{1,63}$/;

/**
 * Reads `name:80`, `1.2.3.4:80`, `[::1]:80`, or a port alone (`80`, `:80`), which means `127.0.0.1`.
 * @throws {RoutingError} ROUTING_INVALID_HOSTNAME_PORT
 */
export function parseHostnamePort(text: string): HostnamePort {
  const bare = /^:?(\d{1,5})$/.exec(text);
  const [, host, port] =
    bare === null ? (/^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(text) ?? []) : ['', '127.0.0.1', bare[1]];
  if (host === undefined || port === undefined) throw invalid(text, 'a host and a port are needed');
  return hostnamePort(host, Number(port));
}

/**
 * The value of `host` and `port`, checked.
 * @throws {RoutingError} ROUTING_INVALID_HOSTNAME_PORT
 */
export function hostnamePort(host: string, port: number): HostnamePort {
  if (!Number.isInteger(port) || port < 0 || port > 0xffff) throw invalid(String(port), 'a port is 0 to 65535');
  if (host.startsWith('[')) {
    const bytes = host.endsWith(']') ? parseIp6(host.slice(1, -1)) : undefined;
    if (bytes === undefined) throw invalid(host, 'not an IPv6 address in brackets');
    return { host: `[${formatIp6(bytes)}]`, port };
  }
  if (host.length > MAX_HOST_LENGTH || /^-|-$/.test(host) || !host.split('.').every((label) => LABEL.test(label))) {
    throw invalid(host, 'not a host name');
  }
  return { host, port };
}

/** `host:port`. */
export function formatHostnamePort({ host, port }: HostnamePort): string {
  return `${host}:${port}`;
}

/** The host as operating systems take it: an IPv6 address without its brackets. */
export function dialHost({ host }: HostnamePort): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** CBOR `[host, port]`. */
export function encodeHostnamePort({ host, port }: HostnamePort): Uint8Array {
  return new CborWriter().array(2).text(host).uint(port).finish();
}

/** Reads CBOR `[host, port]`. @throws {CborError | RoutingError} ROUTING_INVALID_HOSTNAME_PORT */
export function decodeHostnamePort(bytes: Uint8Array): HostnamePort {
  const reader = new CborReader(bytes);
  const fields = reader.array();
  const host = fields.required('host', () => reader.text());
  const port = fields.required('port', () => reader.uint(0xffff));
  fields.end();
  return hostnamePort(host, port);
}

function invalid(value: string, why: string): RoutingError {
  return new RoutingError('ROUTING_INVALID_HOSTNAME_PORT', `${why}: ${quoted(value)}`, {
    remedy: 'write host:port, [IPv6]:port, or a port alone',
  });
}
