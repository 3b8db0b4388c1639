/** Opening connections for functions: the contract, and the dialer that connects directly. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { quoted } from '../../kernel/index.ts';
import { formatIp, type IpAddress, parseIp } from '../../kernel/ip/index.ts';
import { EgressError } from './errors.ts';
import type { AddressGate } from './gate.ts';
import type { Resolver } from './resolver.ts';
import { isHostName } from './target.ts';
import { type Refusal, refuse, type Verdict } from './verdict.ts';

/** What a connection needs beside its host and port. */
export interface DialOptions {
  /** Aborted when nobody waits for the connection any more; the dialer then frees everything. */
  readonly signal: AbortSignal;
  /** Whether to speak TLS, with the certificate checked against the host. */
  readonly tls: boolean;
  /** Judges every address before a byte is sent to it. A dialer that does not resolve names itself has none to show it. */
  readonly gate: AddressGate;
  /** Whose connection it is: callers take turns at the look-up of names. */
  readonly caller?: string;
}

/** Opens connections: directly, or through a portal. */
export interface Dialer {
  /**
   * A connected socket that the caller owns.
   * @throws {EgressError} EGRESS_REFUSED, EGRESS_RESOLVE_FAILED, EGRESS_CONNECT_FAILED
   */
  readonly dial: (host: string, port: number, options: DialOptions) => Promise<Socket>;
}

/** Settings of the direct dialer. */
export interface DirectDialerOptions {
  readonly resolver: Resolver;
  /** PEM certificates to trust instead of the system's authorities. */
  readonly ca?: readonly string[];
}

/** Hosts behind one name that are tried; all of them are checked. */
const MAX_TRIED_ADDRESSES = 8;

/**
 * A dialer that resolves once, lets the gate judge **every** address of the answer, connects only to those addresses, and
 * then asks the socket where it really went. Nothing is resolved twice, so an answer that changes in between (DNS
 * rebinding) changes nothing.
 */
export function directDialer(options: DirectDialerOptions): Dialer {
  return {
    dial: async (host, port, { signal, tls, gate, caller = '' }) => {
      const addresses = await checkedAddresses(host, options.resolver, { gate, signal, caller });
      signal.throwIfAborted();
      const socket = await opened(openSocket(host, port, addresses), 'connect', host, signal);
      const peer = parseIp(socket.remoteAddress ?? '');
      if (peer === undefined || !addresses.some((address) => formatIp(address) === formatIp(peer))) {
        socket.destroy();
        throw refusal(
          refuse('requests to private IP address ranges are disallowed', `unchecked peer of ${quoted(host)}`),
        );
      }
      if (!tls) return socket;
      return opened(
        connectTls({
          socket,
          host,
          ...(parseIp(host) === undefined && { servername: host }),
          ALPNProtocols: ['http/1.1'],
          // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: it is the host's, and functions must not suffer from it.
          rejectUnauthorized: true,
          ...(options.ca !== undefined && { ca: [...options.ca] }),
        }),
        'secureConnect',
        host,
        signal,
      );
    },
  };
}

async function checkedAddresses(
  host: string,
  resolver: Resolver,
  { gate, signal, caller }: Required<Omit<DialOptions, 'tls'>>,
): Promise<readonly IpAddress[]> {
  const literal = parseIp(host);
  if (literal === undefined && !isHostName(host)) {
    throw new EgressError('EGRESS_RESOLVE_FAILED', `not a host name: ${quoted(host)}`);
  }
  const { addresses, aliases } =
    literal === undefined
      ? await resolver(host, { aliases: gate.wantsAliases, signal, caller })
      : { addresses: [host], aliases: [] };
  for (const alias of aliases) mustPass(gate.checkAlias(alias));
  const checked = addresses.map((text) => {
    const address = parseIp(text);
    if (address === undefined) {
      throw refusal(refuse('requests to private IP address ranges are disallowed', `odd address ${quoted(text)}`));
    }
    mustPass(gate.checkAddress(address));
    return address;
  });
  if (checked.length === 0) throw new EgressError('EGRESS_RESOLVE_FAILED', `no address for ${quoted(host)}`);
  return checked;
}

/** A socket on its way to the first of `addresses` that answers; the system's resolver is never asked. */
function openSocket(host: string, port: number, addresses: readonly IpAddress[]): Socket {
  const candidates = addresses
    .slice(0, MAX_TRIED_ADDRESSES)
    .map((address) => ({ address: formatIp(address), family: address.family }));
  return connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    autoSelectFamily: true,
    lookup: (_host, lookupOptions, callback) => {
      const [first] = candidates;
      if (lookupOptions.all === true || first === undefined) callback(null, candidates);
      else callback(null, first.address, first.family);
    },
  });
}

/** Waits until `socket` says `event`; on failure or abort the socket is destroyed. */
function opened(
  socket: Socket,
  event: 'connect' | 'secureConnect',
  host: string,
  signal: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
    // Stays attached: an error between here and the moment the HTTP library listens must not end the process. Afterwards
    // that library sees each error by its own listener.
    socket.on('error', (cause) => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(new EgressError('EGRESS_CONNECT_FAILED', `cannot connect to ${quoted(host)}`, { cause }));
    });
    if (signal.aborted) onAbort();
  });
}

function mustPass(verdict: Verdict): void {
  if (!verdict.allowed) throw refusal(verdict);
}

/** A refusal as an error, the only thing that crosses the HTTP library's connector. */
function refusal({ message, detail }: Refusal): EgressError {
  return new EgressError('EGRESS_REFUSED', message, { detail });
}
