/** Logging in to a MySQL or MariaDB server, over TLS where that is said. */
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import type mysql from 'mysql2';
import { abortable } from '../../egress/index.ts';
import { hasCode } from '../../../kernel/index.ts';
import type { ConnectionSettings, ConnectOptions, Dial } from '../contract.ts';
import { DatabaseError } from '../errors.ts';
import { type Allowance, containListeners } from '../guarded-socket.ts';
import { SERVER_GRACE_MS } from '../limits.ts';
import { tlsOptions } from '../tls-options.ts';
import { loginError, lost } from './server-error.ts';

/** The driver's connection with what it does not declare. */
export interface Connection extends mysql.Connection {
  /** The socket, or the TLS socket over it. */
  stream: Socket;
  readonly packetParser: { readonly execute: (bytes: Uint8Array) => void };
  startTLS: (onSecure: (error?: Error) => void) => void;
  /** The number that the next packet must have. */
  readonly sequenceId: number;
  handlePacket: (packet?: { readonly sequenceId: number }) => void;
}

/** Statements that a connection keeps prepared. */
const MAX_PREPARED = 256;

/** Connects to the address that was checked, whatever the name means by now. */
export function dialAddress(dial: Dial, address: string): Dial {
  return (_host, port, signal) => dial(address, port, signal);
}

/** A connection that may be used, if its server agrees. */
export interface LoggedIn {
  readonly connection: Connection;
  readonly socket: Socket;
  /** Where it leads. */
  readonly address: string;
}

/** @throws {DatabaseError} DATABASE_LOGIN_FAILED, DATABASE_TLS, DATABASE_LOST · {EgressError} */
export async function logIn(driver: typeof mysql, options: ConnectOptions, allowance: Allowance): Promise<LoggedIn> {
  try {
    return await attempt(driver, options, options.settings.tls, allowance);
  } catch (error) {
    const plain = options.settings.tls === 'offered' && hasCode(error, 'HANDSHAKE_NO_SSL_SUPPORT');
    if (!plain)
      throw error instanceof Error && !options.signal.aborted ? loginError(options.settings.host, error) : error;
  }
  try {
    return await attempt(driver, options, 'off', allowance);
  } catch (error) {
    throw options.signal.aborted ? error : loginError(options.settings.host, error);
  }
}

async function attempt(
  driver: typeof mysql,
  { settings, dial, signal }: ConnectOptions,
  tls: ConnectionSettings['tls'],
  allowance: Allowance,
): Promise<LoggedIn> {
  const socket = await dial(settings.host, settings.port, signal);
  const address = socket.remoteAddress ?? settings.host;
  allowance.count(socket);
  const connection = driver.createConnection({
    stream: containListeners(socket),
    host: settings.host,
    port: settings.port,
    user: settings.user,
    password: settings.password,
    database: settings.database === '' ? undefined : settings.database,
    charset: 'utf8mb4',
    // Neither files of this machine nor several statements in one, whatever the server or the text asks for.
    flags: ['-LOCAL_FILES', ...(settings.countFound ? [] : ['-FOUND_ROWS'])],
    multipleStatements: false,
    // No code is made of the names of columns.
    disableEval: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    // Whoever opens the connection has a deadline.
    connectTimeout: 0,
    maxPreparedStatements: MAX_PREPARED,
    ...(tls !== 'off' && {
      ssl: { rejectUnauthorized: tls !== 'unverified', verifyIdentity: tls === 'verify-full' || tls === 'offered' },
    }),
  } as mysql.ConnectionOptions) as Connection;
  if (tls !== 'off') secureBy(connection, socket, tlsOptions(settings.host, tls), allowance);
  refuseDisorder(connection, socket);
  const connected = Promise.withResolvers<void>();
  connection.once('connect', () => connected.resolve());
  connection.on('error', connected.reject);
  // The driver has no word for a server that hangs up while it greets.
  socket.once('close', () => connected.reject(lost()));
  try {
    await abortable(connected.promise, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { connection, socket, address };
}

/**
 * Does what the driver would: its own way to TLS checks no certificate for an address, and is not counted.
 * When a later driver has another way, `ssl` still says what it must check.
 */
function secureBy(connection: Connection, socket: Socket, options: ConnectionOptions, allowance: Allowance): void {
  connection.startTLS = (onSecure) => {
    socket.removeAllListeners('data');
    const secure = containListeners(connectTls({ socket, ...options }));
    let isSecure = false;
    secure.once('secureConnect', () => {
      isSecure = true;
      onSecure();
    });
    secure.on('error', (error) => {
      if (!isSecure) onSecure(error);
      // The driver listens for errors of the socket below.
      socket.destroy(isSecure ? error : undefined);
    });
    allowance.count(secure);
    secure.on('data', (bytes: Uint8Array) => connection.packetParser.execute(bytes));
    connection.stream = secure;
  };
}

/** The driver would read on, and write a line to the console for each packet that is not the next one. */
function refuseDisorder(connection: Connection, socket: Socket): void {
  const handle = connection.handlePacket.bind(connection);
  connection.handlePacket = (packet) => {
    if (socket.destroyed) return;
    if (packet === undefined || packet.sequenceId === connection.sequenceId) handle(packet);
    else socket.destroy(new DatabaseError('DATABASE_LOST', 'the server sent packets out of order'));
  };
}

/** A bound at the server, which holds if we are gone. MariaDB and MySQL have different ones, and old servers none. */
export async function boundStatements(connection: Connection, statementMs: number): Promise<void> {
  const boundMs = statementMs + SERVER_GRACE_MS;
  const bounds = [`max_statement_time = ${boundMs / 1000}`, `max_execution_time = ${boundMs}`];
  for (const bound of bounds) {
    try {
      await simpleQuery(connection, `SET SESSION ${bound}`);
      return;
    } catch (error) {
      if (!hasCode(error, 'ER_UNKNOWN_SYSTEM_VARIABLE')) throw error;
    }
  }
}

/** Runs a statement of ours without values and rows. */
export function simpleQuery(connection: Connection, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(text, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
}
