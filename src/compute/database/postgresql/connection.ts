/** One connection to a PostgreSQL server. The driver speaks the protocol; what it may hear and keep is decided here. */
import type { Socket } from 'node:net';
import type pg from 'pg';
import type { NamedQuery } from '../../capability/index.ts';
import { abortable } from '../../egress/index.ts';
import { hasCode, quoted } from '../../../kernel/index.ts';
import type { ConnectOptions, DatabaseConnection } from '../contract.ts';
import { loadDriver } from '../driver.ts';
import { DatabaseError } from '../errors.ts';
import { allowanceOf, containListeners } from '../guarded-socket.ts';
import { SERVER_GRACE_MS } from '../limits.ts';
import { ResultWriter, writeCounts } from '../result-writer.ts';
import { openSocket, sendCancel } from './socket.ts';
import { stateOf } from './sql-state.ts';
import { writerOf } from './values.ts';

/** The driver's client with what it keeps of the server's BackendKeyData. */
type Client = pg.Client & { readonly processID: number | null; readonly secretKey: number | null };

/** Values arrive as texts, whatever their type. */
const AS_TEXT = { getTypeParser: () => (text: string) => text };

/** Settings of the session that the reading of results relies on, and a bound that holds if we are gone. */
function sessionSetup(statementMs: number): string {
  return `SET statement_timeout = ${statementMs + SERVER_GRACE_MS}; SET client_encoding = 'UTF8'; SET datestyle = 'ISO'; SET bytea_output = 'hex'`;
}

/** Logs in. @throws {DatabaseError | EgressError} */
export async function connectPostgresql(options: ConnectOptions): Promise<DatabaseConnection> {
  const { settings, dial, limits, signal } = options;
  const { Client } = await loadDriver('pg', () => import('pg'));
  const socket = await openSocket(settings, dial, signal);
  const address = socket.remoteAddress ?? settings.host;
  const allowance = allowanceOf(wireBytes(limits.maxResultBytes));
  allowance.count(socket);
  const client = new Client({
    stream: () => connectedStream(containListeners(socket)),
    host: settings.host,
    port: settings.port,
    user: settings.user,
    // A function, so that neither an empty one is looked for in the environment and files of this machine.
    password: () => settings.password,
    database: settings.database,
    application_name: settings.applicationName,
    ...(settings.options !== '' && { options: settings.options }),
    ssl: false,
  }) as Client;
  const closed = Promise.withResolvers<void>();
  let alive = true;
  let trouble: unknown;
  client.on('error', (error) => {
    trouble ??= error;
  });
  socket.on('error', (error) => {
    trouble ??= error;
  });
  socket.once('close', () => {
    alive = false;
    closed.resolve();
  });
  try {
    await abortable(
      client.connect().then(() => client.query(sessionSetup(limits.statementMs))),
      signal,
    );
  } catch (error) {
    socket.destroy();
    if (signal.aborted) throw signal.reason;
    throw loginError(settings.host, trouble ?? error);
  }
  let running = false;
  return {
    closed: closed.promise,
    usable: () =>
      alive && !running && trouble === undefined && socket.writable && client.getTransactionStatus() === 'I',
    run: async (query, variables) => {
      running = true;
      allowance.restart();
      try {
        return await runQuery(client, socket, query, variables, options);
      } catch (error) {
        // What ended the connection says more than that it ended.
        const isReason = error instanceof DatabaseError && error.code !== 'DATABASE_LOST';
        throw statementError(query, isReason ? error : (allowance.exceeded() ?? trouble ?? error));
      } finally {
        running = false;
      }
    },
    cancel: async (cancelSignal) => {
      const { processID: processId, secretKey } = client;
      if (!alive || processId === null || secretKey === null) return;
      await sendCancel(settings, dial, address, { processId, secretKey }, cancelSignal);
    },
    end: () => {
      client.end().catch(() => socket.destroy());
      // A server that does not hang up is not waited for.
      socket.destroySoon();
    },
    destroy: () => socket.destroy(),
  };
}

/** Bytes on the way that make a result of at most so many: binary values are twice as long, and there are frames. */
function wireBytes(maxResultBytes: number): number {
  return 2 * maxResultBytes + 1024 * 1024;
}

/** The driver asks its stream to connect, which this one has done. */
function connectedStream(socket: Socket): Socket {
  const connect = (): Socket => {
    queueMicrotask(() => socket.emit('connect'));
    return socket;
  };
  return Object.assign(socket, { connect });
}

async function runQuery(
  client: Client,
  socket: Socket,
  query: NamedQuery,
  variables: readonly string[],
  { limits }: ConnectOptions,
): Promise<Uint8Array> {
  const { Query } = await import('pg');
  const config = {
    text: query.text,
    values: [...variables],
    rowMode: 'array' as const,
    types: AS_TEXT,
    // Also without values: in the simple protocol a text could hold several statements.
    queryMode: 'extended',
  };
  const statement = new Query<(string | null)[]>(config);
  let writer: ResultWriter<string> | undefined;
  let failure: unknown;
  let affected = 0;
  statement.on('row', (row, result) => {
    if (query.type !== 'select' || result === undefined || failure !== undefined) return;
    try {
      const columns = result.fields.map(({ name, dataTypeID }) => ({ name, write: writerOf(dataTypeID) }));
      (writer ??= new ResultWriter(columns, limits)).row(row);
    } catch (error) {
      failure = error;
      // The rest would only be thrown away.
      socket.destroy();
    }
  });
  statement.on('error', (error) => {
    failure ??= error;
  });
  statement.on('end', (result) => {
    affected = result.rowCount ?? 0;
  });
  const over = Promise.withResolvers<void>();
  const onClose = (): void => {
    failure ??= new DatabaseError('DATABASE_LOST', 'the connection to the database was lost');
    over.resolve();
  };
  // The server is ready for another statement, after a failed one as well.
  client.once('drain', over.resolve);
  socket.once('close', onClose);
  client.query(statement);
  await over.promise;
  client.removeListener('drain', over.resolve);
  socket.removeListener('close', onClose);
  if (failure !== undefined) throw failure;
  if (query.type === 'select') return (writer ?? new ResultWriter<string>([], limits)).finish();
  return writeCounts('0', query.type === 'insert' ? 0 : affected);
}

/** What the server says about a login is not repeated: it may hold what it was told. */
function loginError(host: string, error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const state = stateOf(error);
  if (state !== undefined) {
    return new DatabaseError('DATABASE_LOGIN_FAILED', `the server at ${quoted(host)} refused the login: ${state}`);
  }
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? `: ${error.code}` : '';
  return new DatabaseError('DATABASE_LOGIN_FAILED', `no login at ${quoted(host)}${code}`, {
    remedy: 'see whether a PostgreSQL server answers there, and whether user, password and database are right',
  });
}

/** What the server says about a statement is not repeated: it quotes values. */
function statementError(query: NamedQuery, error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const state = stateOf(error);
  if (state !== undefined) {
    return new DatabaseError('DATABASE_STATEMENT_FAILED', `the server refused ${quoted(query.name)}: ${state}`);
  }
  const code = hasCode(error, 'ECONNRESET') || hasCode(error, 'EPIPE') ? `: ${error.code}` : '';
  return new DatabaseError('DATABASE_LOST', `the connection to the database was lost${code}`);
}
