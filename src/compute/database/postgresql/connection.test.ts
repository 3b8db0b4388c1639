import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import {
  ACCOUNT,
  type DatabaseServer,
  startPostgresql,
  whyNoPostgresql,
} from '../../../../test/support/database-servers.ts';
import { CERTIFICATE, scriptedResolver } from '../../../../test/support/egress-world.ts';
import { realClock } from '../../../../test/support/guests.ts';
import { directDialer, PUBLIC_RULE } from '../../egress/index.ts';
import { databaseConformance, type Dialect, LOCAL_RULES, query } from '../conformance.ts';
import { Databases } from '../index.ts';

const { signal } = new AbortController();
const base64 = (text: string): string => `"${Buffer.from(text).toString('base64')}"`;

const DIALECT: Dialect = {
  value: (n) => `$${n}`,
  serial: 'SERIAL PRIMARY KEY',
  firstKey: 0,
  text: (text) => JSON.stringify(text),
  sleep: (seconds) => `SELECT pg_sleep(${seconds})`,
  running: (mark) =>
    `SELECT count(*) AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE '%${mark}%'`,
  suicide: 'SELECT pg_terminate_backend(pg_backend_pid())',
  begin: 'BEGIN',
  rows: (count) => `SELECT i FROM generate_series(1, ${count}) AS i`,
  quoting: 'SELECT $1::text::integer',
  columns: [
    ["'text'::text", '"text"'],
    ["'v'::varchar(3)", '"v"'],
    ['1::int2', '1'],
    ['(-2147483648)::int4', '-2147483648'],
    ['9223372036854775807::int8', '9223372036854775807'],
    ['1::oid', '1'],
    ['1.5::float8', '1.5'],
    ['1e300::float8', '1e+300'],
    ["'NaN'::float8", '"NaN"'],
    ["'-Infinity'::float4", '"-Infinity"'],
    ['0.1::float4', '0.1'],
    ['12345678901234567890.10::numeric', '"12345678901234567890.10"'],
    ['true', 'true'],
    ['false', 'false'],
    ['NULL::text', 'null'],
    ['NULL::int', 'null'],
    ["'\\x00ff'::bytea", '"AP8="'],
    ["''::bytea", '""'],
    [`'{"a": 1}'::json`, base64('{"a": 1}')],
    [`'{"a":1}'::jsonb`, base64('{"a": 1}')],
    ["'2024-02-29'::date", '"2024-02-29T00:00:00Z"'],
    ["'2024-02-29 01:02:03.450'::timestamp", '"2024-02-29T01:02:03.45Z"'],
    ["'2024-02-29 01:02:03'::timestamp", '"2024-02-29T01:02:03Z"'],
    ["'infinity'::timestamp", '"infinity"'],
    ["'0044-03-15 BC'::date", '"0044-03-15 BC"'],
    ["to_timestamp(0) = '1970-01-01 02:00:00+02'::timestamptz", 'true'],
    ["'1 day'::interval", '"1 day"'],
    ["'{1,2}'::int[]", '"{1,2}"'],
    ["'00000000-0000-0000-0000-000000000001'::uuid", '"00000000-0000-0000-0000-000000000001"'],
  ],
};

let server: DatabaseServer | undefined;
let secure: DatabaseServer | undefined;
before(async () => {
  if (whyNoPostgresql !== false) return;
  const data = path.join(import.meta.dirname, '../../egress/testdata');
  server = await startPostgresql();
  secure = await startPostgresql({
    certificate: path.join(data, 'secure-example-cert.pem'),
    key: path.join(data, 'secure-example-key.pem'),
  });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  await secure?.[Symbol.asyncDispose]();
});

const { resolver } = scriptedResolver({
  'secure.example': [{ addresses: ['127.0.0.1'] }],
  'other.example': [{ addresses: ['127.0.0.1'] }],
});
const dialer = directDialer({ resolver });

function uri(host: string, port: number | undefined, rest = '', password: string = ACCOUNT.password): string {
  return `postgres://${ACCOUNT.user}:${encodeURIComponent(password)}@${host}:${port}/${ACCOUNT.database}${rest}`;
}

databaseConformance('PostgreSQL', whyNoPostgresql, () => ({
  type: 'postgresql',
  dialect: DIALECT,
  place: () => ({ type: 'postgresql', connectionString: uri('127.0.0.1', server?.port), rules: LOCAL_RULES }),
  clock: realClock,
  dialer,
}));

suite('PostgreSQL: the way in', { skip: whyNoPostgresql }, () => {
  const ask = async (connectionString: string, text = 'SELECT 1 AS a'): Promise<string> => {
    await using databases = new Databases({ clock: realClock, dialer });
    const place = { type: 'postgresql', connectionString, rules: LOCAL_RULES } as const;
    return Buffer.from(await databases.execute(place, query('select', text), [], signal)).toString();
  };
  const TLS = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';

  test('a login that fails says why, without the password', async () => {
    const wrong = uri('127.0.0.1', server?.port, '', 'hunter2');
    await assert.rejects(ask(wrong), (error: Error) => {
      assert.match(error.message, /refused the login: SQLSTATE 28P01/);
      return !`${error.stack} ${String(error.cause)}`.includes('hunter2');
    });
    const nowhere = `host=127.0.0.1 port=${server?.port} user=app dbname=none password='p@ss/w:o\\'rd'`;
    await assert.rejects(ask(nowhere), { code: 'DATABASE_LOGIN_FAILED', message: /SQLSTATE 3D000/ });
  });

  test('settings of the string reach the session', async () => {
    const text = "SELECT current_setting('search_path') AS path, current_setting('application_name') AS app";
    const asked = await ask(uri('127.0.0.1', server?.port, '?search_path=%22a%20b%22,c&application_name=me'), text);
    assert.equal(asked, '[{"app":"me","path":"\\"a b\\",c"}]');
    assert.equal(await ask(uri('127.0.0.1', server?.port), text), '[{"app":"perigee","path":"\\"$user\\", public"}]');
  });

  test('TLS is checked where it is used', async () => {
    const { port } = secure ?? {};
    const untrusted = { code: 'DATABASE_TLS' };
    await assert.rejects(ask(uri('secure.example', port)), untrusted, 'the default for a name');
    assert.equal(await ask(uri('secure.example', port, '?sslmode=no-verify'), TLS), '[{"ssl":true}]');
    assert.equal(await ask(uri('secure.example', port, '?sslmode=disable'), TLS), '[{"ssl":false}]');
    assert.equal(await ask(uri('127.0.0.1', port), TLS), '[{"ssl":false}]', 'the default on this machine');
    await assert.rejects(ask(uri('secure.example', server?.port)), {
      code: 'DATABASE_TLS',
      message: /does not speak TLS/,
    });
    assert.equal(await ask(uri('secure.example', server?.port, '?sslmode=prefer'), TLS), '[{"ssl":false}]');
    const authorities = getCACertificates('default');
    setDefaultCACertificates([...authorities, CERTIFICATE]);
    try {
      assert.equal(await ask(uri('secure.example', port), TLS), '[{"ssl":true}]');
      assert.equal(await ask(uri('127.0.0.1', port, '?sslmode=verify-full'), TLS), '[{"ssl":true}]', 'an address');
      assert.equal(await ask(uri('secure.example', port, '?sslmode=prefer'), TLS), '[{"ssl":true}]');
      await assert.rejects(ask(uri('other.example', port, '?sslmode=require')), untrusted, 'another name');
      await assert.rejects(ask(uri('other.example', port, '?sslmode=prefer')), untrusted, 'another name');
      assert.equal(await ask(uri('other.example', port, '?sslmode=verify-ca'), TLS), '[{"ssl":true}]');
    } finally {
      setDefaultCACertificates(authorities);
    }
  });

  test('a name is resolved once for a connection, and what stops its statement goes to the same address', async () => {
    const names = scriptedResolver({
      'db.example': [{ addresses: ['127.0.0.1'] }, { addresses: ['10.0.0.1', '127.0.0.1'] }],
    });
    const limits = { poolConnections: 1, statementMs: 300 };
    await using databases = new Databases({ clock: realClock, dialer: directDialer(names), limits });
    const connectionString = uri('db.example', server?.port, '?sslmode=disable');
    const rules = [{ ...PUBLIC_RULE, allowPrivate: true, blockedNetworks: ['10.0.0.0/8'] }];
    const place = { type: 'postgresql', connectionString, rules } as const;
    const sleep = databases.execute(place, query('select', 'SELECT pg_sleep(60) /* once */'), [], signal);
    await assert.rejects(sleep, { code: 'EGRESS_DEADLINE' });
    await assert.rejects(databases.execute(place, query('select', 'SELECT 1'), [], signal), {
      code: 'EGRESS_REFUSED',
      message: /private address 10\.0\.0\.1/,
    });
    assert.equal(await ask(uri('127.0.0.1', server?.port), DIALECT.running('once')), '[{"n":0}]');
    assert.deepEqual(names.asked, ['db.example', 'db.example']);
  });

  test('there are so many pools, and the one used longest ago leaves', async () => {
    await using databases = new Databases({ clock: realClock, dialer, limits: { pools: 1 } });
    const from = (application: string, text: string): Promise<Uint8Array> => {
      const connectionString = uri('127.0.0.1', server?.port, `?application_name=${application}`);
      return databases.execute(
        { type: 'postgresql', connectionString, rules: LOCAL_RULES },
        query('select', text),
        [],
        signal,
      );
    };
    await from('pool-a', 'SELECT 1');
    const count = "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'pool-a'";
    const deadline = AbortSignal.timeout(10_000);
    while (Buffer.from(await from('pool-b', count)).toString() !== '[{"n":0}]') deadline.throwIfAborted();
  });

  test('a statement is stopped over TLS, too', async () => {
    await using databases = new Databases({
      clock: realClock,
      dialer,
      limits: { poolConnections: 1, statementMs: 300 },
    });
    const connectionString = uri('secure.example', secure?.port, '?sslmode=no-verify');
    const place = { type: 'postgresql', connectionString, rules: LOCAL_RULES } as const;
    const sleep = databases.execute(place, query('select', 'SELECT pg_sleep(60) /* secret */'), [], signal);
    await assert.rejects(sleep, { code: 'EGRESS_DEADLINE' });
    const count = query('select', DIALECT.running('secret'));
    assert.equal(Buffer.from(await databases.execute(place, count, [], signal)).toString(), '[{"n":0}]');
  });
});
