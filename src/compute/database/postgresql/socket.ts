/** Sockets to PostgreSQL servers: TLS before the protocol begins, and the connection that cancels a statement. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { abortable } from '../../egress/index.ts';
import { quoted } from '../../../kernel/index.ts';
import type { ConnectionSettings, Dial, TlsMode } from '../contract.ts';
import { DatabaseError } from '../errors.ts';
import { tlsOptions } from '../tls-options.ts';

/** Messages of the protocol that have no type: length, code. */
const SSL_REQUEST = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);
const CANCEL_CODE = 80_877_102;
/** The server's answer to the first: `S`, it speaks TLS. */
const SPEAKS_TLS = 0x53;

/** Which of a server's sessions a cancel request means, from its BackendKeyData. */
export interface BackendKey {
  readonly processId: number;
  readonly secretKey: number;
}

/**
 * A socket on which the protocol can begin. `address` is where to connect to when it was already checked; the certificate is for the
 * settings' host in any case.
 * @throws {DatabaseError} DATABASE_TLS, DATABASE_LOST · {EgressError}
 */
export async function openSocket(
  settings: ConnectionSettings,
  dial: Dial,
  signal: AbortSignal,
  address: string = settings.host,
): Promise<Socket> {
  const socket = await dial(address, settings.port, signal);
  const { host, tls } = settings;
  if (tls === 'off') return socket;
  try {
    return await secured(socket, host, tls, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function secured(
  socket: Socket,
  host: string,
  tls: Exclude<TlsMode, 'off'>,
  signal: AbortSignal,
): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const answer = await firstByte(socket, signal);
  if (answer !== SPEAKS_TLS) {
    if (tls === 'offered') return socket;
    throw new DatabaseError('DATABASE_TLS', `the server at ${quoted(host)} does not speak TLS`, {
      remedy: 'turn TLS on at the server, or write sslmode=disable where the way to it is private',
    });
  }
  const secure = connectTls({ socket, ...tlsOptions(host, tls) });
  try {
    await once(secure, 'secureConnect', { signal });
  } catch (cause) {
    secure.destroy();
    if (signal.aborted) throw signal.reason;
    throw new DatabaseError('DATABASE_TLS', `no TLS connection to ${quoted(host)}`, {
      cause,
      remedy: 'a certificate of an authority of your own is checked against the file in NODE_EXTRA_CA_CERTS',
    });
  }
  // Whoever takes the socket listens for itself.
  secure.on('error', () => secure.destroy());
  return secure;
}

/**
 * The one byte of the server's answer. More than one would be bytes that somebody on the way put before the handshake, to be taken
 * for what came over TLS.
 */
async function firstByte(socket: Socket, signal: AbortSignal): Promise<number> {
  for (;;) {
    const bytes = socket.read() as Uint8Array | null;
    if (bytes?.length === 1) return bytes[0] ?? 0;
    if (bytes !== null) throw lost('the server answered the request for TLS with more than one byte');
    if (socket.readableEnded || socket.destroyed) throw lost('the server closed the connection');
    const waiting = new AbortController();
    const event = (name: string): Promise<unknown> => once(socket, name, { signal: waiting.signal });
    try {
      await abortable(Promise.race([event('readable'), event('end'), event('close')]), signal);
    } finally {
      waiting.abort();
    }
  }
}

/** Asks the server at `address` to stop what the session runs; resolves when it has taken note. @throws as `openSocket` */
export async function sendCancel(
  settings: ConnectionSettings,
  dial: Dial,
  address: string,
  { processId, secretKey }: BackendKey,
  signal: AbortSignal,
): Promise<void> {
  const socket = await openSocket(settings, dial, signal, address);
  try {
    const message = new DataView(new ArrayBuffer(16));
    message.setInt32(0, 16);
    message.setInt32(4, CANCEL_CODE);
    message.setInt32(8, processId);
    message.setInt32(12, secretKey);
    socket.end(new Uint8Array(message.buffer));
    socket.resume();
    // It says nothing, and hangs up.
    if (!socket.closed) await once(socket, 'close', { signal });
  } finally {
    socket.destroy();
  }
}

function lost(message: string): DatabaseError {
  return new DatabaseError('DATABASE_LOST', message);
}
