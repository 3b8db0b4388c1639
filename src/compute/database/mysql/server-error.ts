/** What a server's errors become: with the name that the driver knows them by, and without the server's words. */
import { quoted } from '../../../kernel/index.ts';
import type { NamedQuery } from '../../capability/index.ts';
import { DatabaseError } from '../errors.ts';

/** Errors after which the server closes the session, or might. */
export const ENDS_SESSION: ReadonlySet<string> = new Set([
  'ER_ABORTING_CONNECTION',
  'ER_1927', // MariaDB: the connection was killed
  'ER_CONNECTION_KILLED',
  'ER_NEW_ABORTING_CONNECTION',
  'ER_QUERY_INTERRUPTED',
  'ER_SERVER_SHUTDOWN',
]);

/** The driver's name for a server's error, which is a name and no text of the server. */
export function nameOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno } = error as { readonly code?: unknown; readonly errno?: unknown };
  // The number of an error that the driver has no name for.
  if (typeof errno === 'number' && errno > 0 && (typeof code !== 'string' || !/^(?:ER|WARN)_/.test(code)))
    return `ER_${errno}`;
  return typeof code === 'string' && /^[A-Z][A-Z\d_]{1,63}$/.test(code) ? code : undefined;
}

/** What the server says about a login is not repeated: it may hold what it was told. */
export function loginError(host: string, error: unknown): unknown {
  if (error instanceof Error && error.name.endsWith('Error') && hasOwnCode(error)) return error;
  const name = nameOf(error);
  if (name === 'HANDSHAKE_NO_SSL_SUPPORT') {
    return new DatabaseError('DATABASE_TLS', `the server at ${quoted(host)} does not speak TLS`, {
      remedy: 'turn TLS on at the server, or write tls=false where the way to it is private',
    });
  }
  if (name === 'HANDSHAKE_SSL_ERROR') {
    return new DatabaseError('DATABASE_TLS', `no TLS connection to ${quoted(host)}`, {
      cause: error,
      remedy: 'a certificate of an authority of your own is checked against the file in NODE_EXTRA_CA_CERTS',
    });
  }
  return new DatabaseError(
    'DATABASE_LOGIN_FAILED',
    `no login at ${quoted(host)}${name === undefined ? '' : `: ${name}`}`,
    { remedy: 'see whether a MySQL server answers there, and whether user, password and database are right' },
  );
}

/** Whether it is one of ours or of the egress room's, whose texts are safe. */
function hasOwnCode(error: Error): boolean {
  return 'code' in error && /^(?:DATABASE|EGRESS)_/.test(String(error.code));
}

/** What the server says about a statement is not repeated: it quotes values. */
export function statementError(query: NamedQuery, error: unknown): unknown {
  if (error instanceof DatabaseError) return error;
  const name = nameOf(error);
  if (name?.startsWith('ER_') !== true) return lost(name);
  return new DatabaseError('DATABASE_STATEMENT_FAILED', `the server refused ${quoted(query.name)}: ${name}`);
}

/** That the connection is gone. */
export function lost(name?: string): DatabaseError {
  const code = name === undefined ? '' : `: ${name}`;
  return new DatabaseError('DATABASE_LOST', `the connection to the database was lost${code}`);
}
