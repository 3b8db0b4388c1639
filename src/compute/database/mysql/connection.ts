/** One connection to a MySQL or MariaDB server. The driver speaks the protocol; what it may hear and keep is decided here. */
import type { Socket } from 'node:net';
import type mysql from 'mysql2';
import type { NamedQuery } from '../../capability/index.ts';
import { abortable } from '../../egress/index.ts';
import type { ConnectOptions, DatabaseConnection } from '../contract.ts';
import { loadDriver } from '../driver.ts';
import { DatabaseError } from '../errors.ts';
import { allowanceOf } from '../guarded-socket.ts';
import { ResultWriter, writeCounts } from '../result-writer.ts';
import { boundStatements, type Connection, dialAddress, logIn, simpleQuery } from './login.ts';
import { ENDS_SESSION, loginError, lost, nameOf, statementError } from './server-error.ts';
import { type MysqlValue, readValue, writerOf } from './values.ts';

/** A server's answer to a statement without rows. */
interface Header {
  readonly affectedRows: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
}

/** A transaction is open on the session. */
const IN_TRANSACTION = 1;

/** Logs in. @throws {DatabaseError | EgressError} */
export async function connectMysql(options: ConnectOptions): Promise<DatabaseConnection> {
  const { settings, limits, signal } = options;
  const driver = await loadDriver('mysql2', () => import('mysql2'));
  const allowance = allowanceOf(limits.maxResultBytes + 1024 * 1024);
  const { connection, socket, address } = await logIn(driver, options, allowance);
  const closed = Promise.withResolvers<void>();
  let alive = true;
  let trouble: unknown;
  connection.on('error', (error) => {
    trouble ??= error;
    socket.destroy();
  });
  socket.once('close', () => {
    alive = false;
    closed.resolve();
  });
  if (socket.closed) throw lost();
  try {
    await abortable(boundStatements(connection, limits.statementMs), signal);
  } catch (error) {
    socket.destroy();
    throw signal.aborted ? signal.reason : loginError(settings.host, error);
  }
  let running = false;
  let inTransaction = false;
  return {
    closed: closed.promise,
    usable: () => alive && !running && !inTransaction && trouble === undefined && socket.writable,
    run: async (query, variables) => {
      running = true;
      allowance.restart();
      try {
        const { result, status } = await runQuery(connection, socket, query, variables, options);
        inTransaction = (status & IN_TRANSACTION) !== 0;
        return result;
      } catch (error) {
        if (ENDS_SESSION.has(nameOf(error) ?? '')) trouble ??= error;
        // What ended the connection says more than that it ended.
        const isReason = error instanceof DatabaseError && error.code !== 'DATABASE_LOST';
        throw statementError(query, isReason ? error : (allowance.exceeded() ?? trouble ?? error));
      } finally {
        running = false;
      }
    },
    cancel: async (cancelSignal) => {
      const { threadId } = connection;
      if (!alive || !Number.isSafeInteger(threadId)) return;
      const again: ConnectOptions = { ...options, signal: cancelSignal, dial: dialAddress(options.dial, address) };
      const { connection: other, socket: otherSocket } = await logIn(driver, again, allowanceOf(64 * 1024));
      try {
        await abortable(simpleQuery(other, `KILL QUERY ${threadId}`), cancelSignal);
      } finally {
        otherSocket.destroy();
      }
    },
    end: () => {
      connection.end(() => socket.destroy());
      // A server that does not hang up is not waited for.
      connection.stream.destroySoon();
    },
    destroy: () => socket.destroy(),
  };
}

async function runQuery(
  connection: Connection,
  socket: Socket,
  query: NamedQuery,
  variables: readonly string[],
  { settings, limits }: ConnectOptions,
): Promise<{ readonly result: Uint8Array; readonly status: number }> {
  const over = Promise.withResolvers<void>();
  let failure: unknown;
  let writer: ResultWriter<MysqlValue> | undefined;
  let header: Header | undefined;
  const stop = (error: unknown): void => {
    failure ??= error;
    // The rest would only be thrown away.
    socket.destroy();
  };
  const onClose = (): void => {
    failure ??= lost();
    over.resolve();
  };
  socket.once('close', onClose);
  const statement = connection.execute({
    sql: query.text,
    values: [...variables],
    rowsAsArray: true,
    typeCast: readValue as mysql.TypeCast,
  });
  statement.on('fields', (fields: readonly mysql.FieldPacket[] | undefined) => {
    if (query.type !== 'select' || fields === undefined || failure !== undefined) return;
    if (writer !== undefined)
      return stop(new DatabaseError('DATABASE_STATEMENT_FAILED', 'there is more than one result'));
    writer = new ResultWriter(
      fields.map(({ name, columnType }) => ({ name, write: writerOf(columnType, settings.parseTime) })),
      limits,
    );
  });
  statement.on('result', (row: unknown) => {
    if (failure !== undefined) return;
    if (!Array.isArray(row)) header = row as Header;
    else if (query.type === 'select') {
      try {
        writer?.row(row as (MysqlValue | null)[]);
      } catch (error) {
        stop(error);
      }
    }
  });
  statement.on('error', (error: Error) => {
    failure ??= error;
    over.resolve();
  });
  statement.on('end', () => over.resolve());
  await over.promise;
  socket.removeListener('close', onClose);
  if (failure !== undefined) throw failure;
  const status = header?.serverStatus ?? 0;
  if (query.type === 'select') {
    return { result: (writer ?? new ResultWriter<MysqlValue>([], limits)).finish(), status };
  }
  const isInsert = query.type === 'insert';
  const { insertId = 0, affectedRows = 0 } = header ?? {};
  return { result: writeCounts(isInsert ? String(insertId) : '0', isInsert ? 0 : affectedRows), status };
}
