/** `postgresql://user:password@host:port/database?sslmode=…`, or `host=… user=…` as libpq knows it. */
import type { TlsMode } from '../contract.ts';
import {
  IGNORED,
  malformed,
  only,
  type ReadParameter,
  readUri,
  type WrittenConnection,
} from '../written-connection.ts';

/** Deviation: `require` checks the certificate; `no-verify`, which libpq does not know, does not. */
const SSL_MODES: Readonly<Record<string, TlsMode>> = {
  disable: 'off',
  allow: 'offered',
  prefer: 'offered',
  require: 'verify-full',
  'verify-ca': 'verify-ca',
  'verify-full': 'verify-full',
  'no-verify': 'unverified',
};

/** Whatever names a file (`sslcert`, `sslkey`, `passfile`, `service`) is not among them. */
const KNOWN: Readonly<Record<string, ReadParameter>> = Object.assign(Object.create(null) as object, {
  sslmode: (value) => {
    const tls = Object.hasOwn(SSL_MODES, value) ? SSL_MODES[value] : undefined;
    return tls && { tls };
  },
  application_name: (value) => (isPlain(value) ? { applicationName: value } : undefined),
  options: (value) => (isPlain(value) ? { options: value } : undefined),
  search_path: (value) =>
    isPlain(value) ? { options: `-c search_path=${value.replace(/[\\\s]/g, '\\$&')}` } : undefined,
  client_encoding: only('utf8', 'utf-8', 'auto'),
  sslrootcert: only('system'),
  sslnegotiation: only('postgres'),
  channel_binding: only('prefer', 'disable'),
  target_session_attrs: only('any'),
  connect_timeout: IGNORED,
  keepalives: IGNORED,
  keepalives_idle: IGNORED,
} satisfies Record<string, ReadParameter>);

const ENTRY = /\s*([a-z_]{1,40})\s*=\s*('(?:[^'\\]|\\[\s\S])*'|(?:[^\s'\\]|\\[\s\S])*)(?=\s|$)/y;

/** @throws {DatabaseError} DATABASE_CONNECTION_STRING */
export function readPostgresql(text: string): WrittenConnection {
  if (/^postgres(?:ql)?:\/\//.test(text)) {
    const uri = readUri(text);
    return { ...uri, database: uri.database === '' ? uri.user : uri.database, known: KNOWN };
  }
  const entries = readEntries(text.trim());
  const { host = 'localhost', hostaddr, port = '', user = '', password = '', dbname, ...others } = entries;
  const parameters = Object.entries(others).map(([name, value]) => ({ name, value, show: true }));
  return { host: hostaddr ?? host, port, user, password, database: dbname ?? user, parameters, known: KNOWN };
}

function readEntries(text: string): Record<string, string> {
  const entries: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;
  while (at < text.length) {
    ENTRY.lastIndex = at;
    const [whole, name, value] = ENTRY.exec(text) ?? [];
    if (whole === undefined || name === undefined || value === undefined) {
      throw malformed(`it is no URI, and has no name=value at character ${at + 1}`);
    }
    entries[name] = (value.startsWith("'") ? value.slice(1, -1) : value).replace(/\\([\s\S])/g, '$1');
    at += whole.length;
  }
  return entries;
}

/** What may stand in a startup message. */
function isPlain(value: string): boolean {
  return value !== '' && value.length <= 256 && /^[\x20-\x7e]*$/.test(value);
}
