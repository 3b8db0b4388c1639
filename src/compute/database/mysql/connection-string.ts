/** `user:password@tcp(host:port)/database?tls=…` as drivers for Go have it, or `mysql://user:password@host:port/database`. */
import type { TlsMode } from '../contract.ts';
import {
  IGNORED,
  malformed,
  only,
  type ReadParameter,
  readParameters,
  readUri,
  type WrittenConnection,
} from '../written-connection.ts';

/** Deviation: what asks for TLS gets it with the certificate checked, unless it says `skip-verify` or `no-verify`. */
const TLS_MODES: Readonly<Record<string, TlsMode>> = {
  false: 'off',
  true: 'verify-full',
  'skip-verify': 'unverified',
  preferred: 'offered',
  disable: 'off',
  disabled: 'off',
  prefer: 'offered',
  require: 'verify-full',
  required: 'verify-full',
  'verify-ca': 'verify-ca',
  verify_ca: 'verify-ca',
  'verify-full': 'verify-full',
  verify_identity: 'verify-full',
  'no-verify': 'unverified',
};

const tls: ReadParameter = (value) => {
  const mode = value.toLowerCase();
  const known = Object.hasOwn(TLS_MODES, mode) ? TLS_MODES[mode] : undefined;
  return known && { tls: known };
};

const KNOWN: Readonly<Record<string, ReadParameter>> = Object.assign(Object.create(null) as object, {
  tls,
  sslmode: tls,
  'ssl-mode': tls,
  parseTime: (value) => (/^(?:true|false)$/.test(value) ? { parseTime: value === 'true' } : undefined),
  clientFoundRows: (value) => (/^(?:true|false)$/.test(value) ? { countFound: value === 'true' } : undefined),
  charset: (value) => (/^utf8(?:mb4)?(?:,utf8(?:mb4)?)*$/.test(value) ? {} : undefined),
  collation: (value) => (/^utf8(?:mb4)?_\w+$/.test(value) ? {} : undefined),
  loc: only('utc'),
  multiStatements: only('false'),
  columnsWithAlias: only('false'),
  allowNativePasswords: IGNORED,
  checkConnLiveness: IGNORED,
  interpolateParams: IGNORED,
  maxAllowedPacket: IGNORED,
  readTimeout: IGNORED,
  timeout: IGNORED,
  writeTimeout: IGNORED,
} satisfies Record<string, ReadParameter>);

/** @throws {DatabaseError} DATABASE_CONNECTION_STRING */
export function readMysql(text: string): WrittenConnection {
  if (text.startsWith('mysql://')) return { ...readUri(text), known: KNOWN };
  // The last slash and the last @ count, so a password may hold both.
  const [, before = '', database = '', query = ''] = /^([\s\S]*)\/([^/?]*)(?:\?([\s\S]*))?$/.exec(text) ?? [];
  const [, user = '', password = '', address = ''] = /^([^:@]*)(?::([\s\S]*))?@([^@]*)$/.exec(before) ?? [];
  const [, host, port = ''] = /^tcp\((\[[^\]]*\]|[^:()[\]]*)(?::(\d{1,5}))?\)$/.exec(address) ?? [];
  if (host === undefined) throw malformed('it is neither mysql://… nor user:password@tcp(host:port)/database');
  return { host, port, user, password, database, parameters: readParameters(query), known: KNOWN };
}
