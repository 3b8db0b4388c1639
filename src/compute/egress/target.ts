/** Where a request goes: a URL read once, by one parser, and normalised before anything looks at it. */
import { type IpAddress, formatIp, parseIp } from '../../kernel/ip/index.ts';

/** A parsed URL. Gate, resolver and socket all use these fields, so they cannot disagree about the host. */
export interface Target {
  readonly scheme: string;
  /** Lower-case host name without trailing dot, or an address in its usual text without brackets. */
  readonly host: string;
  /** The address when `host` is one. */
  readonly address: IpAddress | undefined;
  /** Explicit, or the default of the scheme. */
  readonly port: number;
  /** Whether `port` is the default of the scheme. */
  readonly defaultPort: boolean;
  /** Scheme, host and port as the HTTP library wants them. */
  readonly origin: string;
  /** Path and query, ASCII, begins with `/`. */
  readonly path: string;
  /** `user:password` as the URL gave them, decoded. */
  readonly credentials: string | undefined;
}

const NAME = /^[a-z\d_-]{1,63}(?:\.[a-z\d_-]{1,63})*$/;
const NUMERIC_LABEL = /^(?:\d+|0x[\da-f]*)$/;

/**
 * The target that `text` (relative to `base`, when given) names; `undefined` when it is no URL of a host.
 * Legacy forms of IPv4 addresses come out as the address they mean; zone ids, empty labels and other characters than
 * letters, digits, `-` and `_` are refused.
 */
export function parseTarget(text: string, base?: Target): Target | undefined {
  const url = URL.parse(text, base === undefined ? undefined : base.origin + base.path);
  if (url === null || url.hostname === '') return undefined;
  const host = normalizeHost(url.hostname);
  if (host === undefined) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const defaultPort = url.port === '';
  const port = defaultPort ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  const address = parseIp(host);
  const authority = address?.family === 6 ? `[${host}]` : host;
  return {
    scheme,
    host,
    address,
    port,
    defaultPort,
    origin: `${scheme}://${authority}${defaultPort ? '' : `:${port}`}`,
    path: (url.pathname.startsWith('/') ? url.pathname : '/') + url.search,
    credentials: credentialsOf(url),
  };
}

/** Whether `host` is a name that may be looked up: no address in any spelling, no empty or overlong label. */
export function isHostName(host: string): boolean {
  if (host.length > 253 || !NAME.test(host)) return false;
  // A last label of digits is what the system's resolver would read as a short or 32-bit IPv4 address.
  return !NUMERIC_LABEL.test(host.slice(host.lastIndexOf('.') + 1));
}

function normalizeHost(hostname: string): string | undefined {
  const address = parseIp(hostname.startsWith('[') ? hostname.slice(1, -1) : hostname);
  if (address !== undefined) return formatIp(address);
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return isHostName(name) ? name : undefined;
}

function credentialsOf(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return undefined;
  try {
    return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    // A stray percent sign: the text as written is what the server was meant to see.
    return `${url.username}:${url.password}`;
  }
}
