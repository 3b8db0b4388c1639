/** The sections `connections` and `authentication` (`directive.md §2.5`, §4). */
import { isNull, Fields } from './fields.ts';
import type { Connections } from './model.ts';
import type { Report } from './report.ts';

const MAX_DOMAINS = 1024;
const HEADER_KEYS = ['headerType', 'value', 'allowHTTP'];
const DATABASE_TYPES = { mysql: 'mysql', postgresql: 'postgresql' } as const;

/** Servers of a Directive; absent ones are `undefined`. */
export function readConnections(report: Report, fields: Fields): Connections {
  const tree = fields.tree('connections');
  const section = tree && Fields.of(report, tree, "'connections'", ['nats', 'kafka', 'database', 'redis']);
  const open = (key: string, known: readonly string[]): Fields | undefined => {
    const entry = section?.tree(key);
    return entry && Fields.of(report, entry, `connection '${key}'`, known);
  };
  const nats = open('nats', ['serverAddress']);
  const kafka = open('kafka', ['brokerAddress']);
  const database = open('database', ['type', 'connectionString']);
  const redis = open('redis', ['serverAddress', 'username', 'password']);
  return Object.freeze({
    nats: nats && Object.freeze({ serverAddress: readAddress(report, nats, 'serverAddress') }),
    kafka: kafka && Object.freeze({ brokerAddress: readAddress(report, kafka, 'brokerAddress') }),
    database: database && readDatabase(report, database),
    redis:
      redis &&
      Object.freeze({
        serverAddress: readAddress(report, redis, 'serverAddress'),
        username: redis.text('username'),
        password: redis.text('password'),
      }),
  });
}

/** A header for outgoing requests, as `compute/capability` reads it. */
export interface WrittenHeader {
  readonly headerType: string | undefined;
  /** May be `env(NAME)`. */
  readonly value: string;
  readonly allowHTTP: boolean | undefined;
}

/** The headers of section `authentication`, by domain. */
export function readAuthentication(report: Report, fields: Fields): Readonly<Record<string, WrittenHeader>> {
  const tree = fields.tree('authentication');
  const domains = tree && Fields.of(report, tree, "'authentication'", ['domains'])?.mapping('domains');
  const headers: [domain: string, header: WrittenHeader][] = [];
  for (const [domain, { keyAt, value: entry }] of domains?.entries ?? []) {
    const header = isNull(entry) ? undefined : Fields.of(report, entry, `domain '${domain}'`, HEADER_KEYS);
    const value = header?.text('value');
    if (header === undefined || !value) {
      report.error('DIRECTIVE_AUTHENTICATION', keyAt, `authentication for domain ${domain} has an empty value`);
    } else {
      headers.push([domain, { headerType: header.text('headerType'), value, allowHTTP: header.boolean('allowHTTP') }]);
    }
  }
  if (tree !== undefined && headers.length > MAX_DOMAINS) {
    report.error('DIRECTIVE_TOO_LARGE', tree.at, `'domains' has more than ${MAX_DOMAINS} entries`);
  }
  return Object.fromEntries(headers);
}

function readAddress(report: Report, fields: Fields, key: string): string {
  const address = fields.text(key) ?? '';
  if (address === '') report.error('DIRECTIVE_CONNECTION', fields.placeOf(key), `${key} is empty`);
  else if (!isAddress(address)) {
    const text = `failed to parse ${key} as URL: it is neither host:port, a URL, nor env(NAME)`;
    report.error('DIRECTIVE_CONNECTION', fields.placeOf(key), text);
  }
  return address;
}

/** Whether `text` is `env(NAME)`, `host:port` or a URL. It is never shown in a finding: it may carry a password. */
export function isAddress(text: string): boolean {
  return /^env\([^()]+\)$/.test(text) || /^(?:\[[0-9a-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(text) || URL.canParse(text);
}

function readDatabase(report: Report, fields: Fields): Connections['database'] {
  const type = fields.text('type') ?? '';
  const connectionString = fields.text('connectionString') ?? '';
  if (connectionString === '') {
    report.error('DIRECTIVE_CONNECTION', fields.placeOf('connectionString'), 'database connectionString is empty');
  }
  if (!isDatabaseType(type)) {
    const text = `database type ${type} is invalid, must be 'mysql' or 'postgresql'`;
    report.error('DIRECTIVE_CONNECTION', fields.placeOf('type'), text);
    return undefined;
  }
  return Object.freeze({ type, connectionString });
}

function isDatabaseType(type: string): type is keyof typeof DATABASE_TYPES {
  return Object.hasOwn(DATABASE_TYPES, type);
}
