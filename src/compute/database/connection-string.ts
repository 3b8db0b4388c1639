/**
 * What a connection string says (`capabilities.md` §7.1). It may hold a password, so no error quotes it; and since a project
 * writes it and the owner of a machine runs it, it names no file, socket or variable of that machine.
 */
import type { DatabaseType } from '../capability/index.ts';
import { classifyAddress, parseIp, parseTarget } from '../egress/index.ts';
import { quoted } from '../../kernel/index.ts';
import type { ConnectionSettings, TlsMode } from './contract.ts';
import { DatabaseError } from './errors.ts';
import { readMysql } from './mysql/connection-string.ts';
import { readPostgresql } from './postgresql/connection-string.ts';
import type { WrittenConnection } from './written-connection.ts';

/** Longest connection string that is read, in UTF-16 units. */
const MAX_LENGTH = 4096;

/**
 * The settings of `text` for a database of that type.
 * @throws {DatabaseError} DATABASE_CONNECTION_STRING
 */
export function parseConnectionString(type: DatabaseType, text: string): ConnectionSettings {
  if (text === '') {
    throw new DatabaseError('DATABASE_CONNECTION_STRING', 'the connection string is empty', {
      remedy: 'if it is env(NAME), let the gateway have that variable with --env NAME',
    });
  }
  if (text.length > MAX_LENGTH) {
    throw new DatabaseError(
      'DATABASE_CONNECTION_STRING',
      `the connection string is longer than ${MAX_LENGTH} characters`,
    );
  }
  const written = type === 'mysql' ? readMysql(text) : readPostgresql(text);
  return settingsOf(type, written);
}

function settingsOf(type: DatabaseType, written: WrittenConnection): ConnectionSettings {
  const { user, password, parameters } = written;
  const port = written.port === '' ? (type === 'mysql' ? 3306 : 5432) : Number(written.port);
  const host = written.host.includes(':') && !written.host.startsWith('[') ? `[${written.host}]` : written.host;
  const target = /^[/@?#\\]/.test(host) ? undefined : parseTarget(`https://${host}/`);
  if (target?.path !== '/' || !target.defaultPort || target.credentials !== undefined) {
    throw wrong('it names no host, by name or by address');
  }
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw wrong('its port is none');
  if (user === '') throw wrong('it names no user');
  if (/[\0]/.test(user + password + written.database)) throw wrong('it has a NUL character');
  const settings = { applicationName: 'perigee', options: '', parseTime: false, countFound: false };
  let tls: TlsMode | undefined;
  for (const { name, value, show } of parameters) {
    const known = written.known[name];
    const read = known?.(value);
    const shown = show ? ` ${quoted(name)}` : '';
    if (known === undefined) throw wrong(`its parameter${shown} is not known`);
    if (read === undefined) throw wrong(`its parameter${shown} has a value that is not supported`);
    if (read.tls !== undefined) tls = read.tls;
    if (read.options !== undefined) settings.options = `${settings.options} ${read.options}`.trim();
    settings.applicationName = read.applicationName ?? settings.applicationName;
    settings.parseTime = read.parseTime ?? settings.parseTime;
    settings.countFound = read.countFound ?? settings.countFound;
  }
  return {
    type,
    host: target.host,
    port,
    user,
    password,
    database: written.database,
    ...settings,
    tls: tls ?? (isThisMachine(target.host) ? 'off' : 'verify-full'),
  };
}

/** What does not leave the machine, a portal's inlet for one, needs no TLS unless it is asked for. */
function isThisMachine(host: string): boolean {
  const address = parseIp(host);
  return address === undefined ? host === 'localhost' : classifyAddress(address) === 'loopback';
}

function wrong(what: string): DatabaseError {
  return new DatabaseError('DATABASE_CONNECTION_STRING', `the connection string cannot be used: ${what}`, {
    remedy:
      'write it as docs/protocol/capabilities.md §7.1 says; in a URI, percent-encode what is special in a password',
  });
}
