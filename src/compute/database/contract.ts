/** What the pool sees of a database: one connection, whichever server it leads to. Each implementation passes `conformance.ts`. */
import type { Socket } from 'node:net';
import type { DatabaseType, NamedQuery } from '../capability/index.ts';
import type { DatabaseLimits } from './limits.ts';

/**
 * How TLS is used: not at all, with certificate and name checked, with the certificate checked alone, without any check, or
 * checked where the server offers it.
 */
export type TlsMode = 'off' | 'verify-full' | 'verify-ca' | 'unverified' | 'offered';

/** What a connection string says. */
export interface ConnectionSettings {
  readonly type: DatabaseType;
  /** Lower-case name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** A secret. */
  readonly password: string;
  readonly database: string;
  readonly tls: TlsMode;
  /** PostgreSQL: shown in the server's list of connections. */
  readonly applicationName: string;
  /** PostgreSQL: command-line options of the session, empty for none. */
  readonly options: string;
  /** MySQL: whether dates are RFC 3339 texts; without it they are bytes, as any other text. */
  readonly parseTime: boolean;
  /** MySQL: whether an update counts the rows it found and not those it changed. */
  readonly countFound: boolean;
}

/** Opens a connection to a checked address of `host`. */
export type Dial = (host: string, port: number, signal: AbortSignal) => Promise<Socket>;

/** What a connection is opened with. */
export interface ConnectOptions {
  readonly settings: ConnectionSettings;
  readonly dial: Dial;
  readonly limits: DatabaseLimits;
  /** Aborted when nobody waits for the connection any more; everything is freed then. */
  readonly signal: AbortSignal;
}

/** A connection that is logged in. One statement at a time. */
export interface DatabaseConnection {
  /** The result as JSON bytes (`capabilities.md` §7.2). @throws {DatabaseError} */
  readonly run: (query: NamedQuery, variables: readonly string[]) => Promise<Uint8Array>;
  /** Whether it can take another statement: it is there, nothing runs, and no transaction is open. */
  readonly usable: () => boolean;
  /** Tells the server, by a connection of its own to the same address, to stop the statement that runs. */
  readonly cancel: (signal: AbortSignal) => Promise<void>;
  /** Says good-bye; the connection is gone a moment later. */
  readonly end: () => void;
  /** Gone at once; what runs fails. */
  readonly destroy: () => void;
  /** Resolves when it is gone, for whatever reason. */
  readonly closed: Promise<void>;
}

/** Opens a connection. @throws {DatabaseError | EgressError} */
export type Connect = (options: ConnectOptions) => Promise<DatabaseConnection>;
