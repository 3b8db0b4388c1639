/** A connection string taken apart, before anything is made of its parts. */
import type { ConnectionSettings } from './contract.ts';
import { DatabaseError } from './errors.ts';

/** What one parameter makes of the settings. */
export type ReadParameter = (
  value: string,
) => Partial<Pick<ConnectionSettings, 'tls' | 'applicationName' | 'options' | 'parseTime' | 'countFound'>> | undefined;

/** The parts of a connection string. */
export interface WrittenConnection {
  readonly host: string;
  /** Empty: the default. */
  readonly port: string;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** `show`: whether the name may stand in an error, because it cannot be a piece of a password. */
  readonly parameters: readonly { readonly name: string; readonly value: string; readonly show: boolean }[];
  /** The parameters that may stand there; undefined as result: not with this value. */
  readonly known: Readonly<Record<string, ReadParameter>>;
}

/** A parameter that changes nothing here. */
export const IGNORED: ReadParameter = () => ({});

/** A parameter that may only say what is so anyway. */
export function only(...values: readonly string[]): ReadParameter {
  return (value) => (values.includes(value.toLowerCase()) ? {} : undefined);
}

/**
 * The parts of a URI.
 * @throws {DatabaseError} DATABASE_CONNECTION_STRING
 */
export function readUri(text: string): Omit<WrittenConnection, 'known'> {
  const url = URL.parse(text);
  if (url === null || url.hash !== '') throw malformed('it is no URI');
  try {
    return {
      host: decodeURIComponent(url.hostname),
      port: url.port,
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.replace(/^\//, '')),
      parameters: readParameters(url.search.slice(1)),
    };
  } catch (error) {
    if (error instanceof URIError) throw malformed('it has a percent sign that begins no escape');
    throw error;
  }
}

/** The parameters behind the question mark. A name behind which an `@` follows may be a piece of a password. */
export function readParameters(query: string): WrittenConnection['parameters'] {
  const show = !query.includes('@');
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value, show }));
}

/** That a connection string cannot be read; `what` quotes none of it. */
export function malformed(what: string): DatabaseError {
  return new DatabaseError('DATABASE_CONNECTION_STRING', `the connection string cannot be read: ${what}`, {
    remedy:
      'write it as docs/protocol/capabilities.md §7.1 says; in a URI, percent-encode what is special in a password',
  });
}
