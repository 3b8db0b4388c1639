import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ACCOUNT, type DatabaseServer, startMariadb, whyNoMariadb } from '../../../../test/support/database-servers.ts';
import { CERTIFICATE, scriptedResolver } from '../../../../test/support/egress-world.ts';
import { realClock } from '../../../../test/support/guests.ts';
import { directDialer } from '../../egress/index.ts';
import { databaseConformance, type Dialect, LOCAL_RULES, query } from '../conformance.ts';
import { Databases } from '../index.ts';

const { signal } = new AbortController();
const base64 = (text: string): string => `"${Buffer.from(text).toString('base64')}"`;

const DIALECT: Dialect = {
  value: () => '?',
  serial: 'INTEGER AUTO_INCREMENT PRIMARY KEY',
  firstKey: 1,
  text: base64,
  sleep: (seconds) => `SELECT SLEEP(${seconds})`,
  running: (mark) =>
    `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE id <> CONNECTION_ID() AND info LIKE '%${mark}%'`,
  suicide: 'KILL CONNECTION CONNECTION_ID()',
  begin: 'BEGIN',
  rows: (count) => `SELECT seq AS i FROM seq_1_to_${count}`,
  quoting: 'SELECT EXTRACTVALUE(1, CONCAT(0x7e, ?))',
  columns: [
    ["'text'", base64('text')],
    ['CAST(1 AS SIGNED)', '1'],
    ['-9223372036854775807', '-9223372036854775807'],
    ['CAST(18446744073709551615 AS UNSIGNED)', '18446744073709551615'],
    ['CAST(1.5 AS DOUBLE)', '1.5'],
    ['CAST(0.1 AS FLOAT)', '0.1'],
    ['1e300', '1e+300'],
    ['CAST(1.50 AS DECIMAL(10,2))', base64('1.50')],
    ['TRUE', '1'],
    ['NULL', 'null'],
    ["X'00ff'", '"AP8="'],
    ["''", '""'],
    [`JSON_OBJECT('a', 1)`, base64('{"a": 1}')],
    ["DATE '2024-02-29'", base64('2024-02-29')],
    ["TIMESTAMP '2024-02-29 01:02:03'", base64('2024-02-29 01:02:03')],
    ["CAST('2024-02-29 01:02:03.450' AS DATETIME(3))", base64('2024-02-29 01:02:03.450')],
    ["TIME '-01:02:03'", base64('-01:02:03')],
    ['POINT(1, 2)', '"AAAAAAEBAAAAAAAAAAAA8D8AAAAAAAAAQA=="'],
    ["b'101'", '"BQ=="'],
  ],
};

let server: DatabaseServer | undefined;
let secure: DatabaseServer | undefined;
before(async () => {
  if (whyNoMariadb !== false) return;
  const data = path.join(import.meta.dirname, '../../egress/testdata');
  server = await startMariadb();
  secure = await startMariadb({
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

function dsn(host: string, port: number | undefined, rest = '', password: string = ACCOUNT.password): string {
  return `${ACCOUNT.user}:${password}@tcp(${host}:${port})/${ACCOUNT.database}${rest}`;
}

databaseConformance('MariaDB', whyNoMariadb, () => ({
  type: 'mysql',
  dialect: DIALECT,
  place: () => ({ type: 'mysql', connectionString: dsn('127.0.0.1', server?.port), rules: LOCAL_RULES }),
  clock: realClock,
  dialer,
}));

suite('MariaDB: the way in', { skip: whyNoMariadb }, () => {
  const ask = async (connectionString: string, text = 'SELECT 1 AS a'): Promise<string> => {
    await using databases = new Databases({ clock: realClock, dialer });
    const place = { type: 'mysql', connectionString, rules: LOCAL_RULES } as const;
    return Buffer.from(await databases.execute(place, query('select', text), [], signal)).toString();
  };
  const TLS =
    "SELECT VARIABLE_VALUE <> '' AS tls FROM information_schema.session_status WHERE VARIABLE_NAME = 'Ssl_cipher'";

  test('a login that fails says why, without the password', async () => {
    await assert.rejects(ask(dsn('127.0.0.1', server?.port, '', 'hunter2')), (error: Error) => {
      assert.match(error.message, /no login at "127.0.0.1": ER_ACCESS_DENIED_ERROR/);
      return !`${error.stack} ${String(error.cause)}`.includes('hunter2');
    });
    const password = encodeURIComponent(ACCOUNT.password);
    await assert.rejects(ask(`mysql://app:${password}@127.0.0.1:${server?.port}/none`), {
      code: 'DATABASE_LOGIN_FAILED',
      message: /ER_/,
    });
  });

  test('dates are RFC 3339 where parseTime says so', async () => {
    const text = "SELECT DATE '2024-02-29' AS a, CAST('2024-02-29 01:02:03.450' AS DATETIME(3)) AS b";
    assert.equal(
      await ask(dsn('127.0.0.1', server?.port, '?parseTime=true'), text),
      '[{"a":"2024-02-29T00:00:00Z","b":"2024-02-29T01:02:03.45Z"}]',
    );
  });

  test('an update counts the rows it found where clientFoundRows says so', async () => {
    await using databases = new Databases({ clock: realClock, dialer });
    const run = async (rest: string, text: string): Promise<string> => {
      const place = {
        type: 'mysql',
        connectionString: dsn('127.0.0.1', server?.port, rest),
        rules: LOCAL_RULES,
      } as const;
      return Buffer.from(await databases.execute(place, query('update', text), [], signal)).toString();
    };
    await run('', 'CREATE TABLE found (a INTEGER)');
    await run('', 'INSERT INTO found VALUES (1), (2)');
    assert.equal(await run('', 'UPDATE found SET a = 1'), '{"lastInsertID":0,"rowsAffected":1}');
    assert.equal(await run('?clientFoundRows=true', 'UPDATE found SET a = 1'), '{"lastInsertID":0,"rowsAffected":2}');
  });

  test('the server gets no file of this machine', async () => {
    await using databases = new Databases({ clock: realClock, dialer });
    const place = { type: 'mysql', connectionString: dsn('127.0.0.1', server?.port), rules: LOCAL_RULES } as const;
    const run = (text: string): Promise<Uint8Array> => databases.execute(place, query('insert', text), [], signal);
    await run('CREATE TABLE files (a TEXT)');
    await assert.rejects(run(`LOAD DATA LOCAL INFILE '${import.meta.filename}' INTO TABLE files`), {
      code: /^DATABASE_/,
    });
    assert.equal(await ask(place.connectionString, 'SELECT COUNT(*) AS n FROM files'), '[{"n":0}]');
  });

  test('TLS is checked where it is used', async () => {
    const { port } = secure ?? {};
    const untrusted = { code: 'DATABASE_TLS' };
    await assert.rejects(ask(dsn('secure.example', port)), untrusted, 'the default for a name');
    assert.equal(await ask(dsn('secure.example', port, '?tls=skip-verify'), TLS), '[{"tls":1}]');
    assert.equal(await ask(dsn('secure.example', port, '?tls=false'), TLS), '[{"tls":0}]');
    assert.equal(await ask(dsn('127.0.0.1', port), TLS), '[{"tls":0}]', 'the default on this machine');
    await assert.rejects(ask(dsn('secure.example', server?.port)), {
      code: 'DATABASE_TLS',
      message: /does not speak TLS/,
    });
    assert.equal(await ask(dsn('secure.example', server?.port, '?tls=preferred'), TLS), '[{"tls":0}]');
    const authorities = getCACertificates('default');
    setDefaultCACertificates([...authorities, CERTIFICATE]);
    try {
      assert.equal(await ask(dsn('secure.example', port), TLS), '[{"tls":1}]');
      assert.equal(await ask(dsn('127.0.0.1', port, '?tls=true'), TLS), '[{"tls":1}]', 'an address');
      assert.equal(await ask(dsn('secure.example', port, '?tls=preferred'), TLS), '[{"tls":1}]');
      await assert.rejects(ask(dsn('other.example', port, '?tls=true')), untrusted, 'another name');
      await assert.rejects(ask(dsn('other.example', port, '?tls=preferred')), untrusted, 'another name');
      assert.equal(await ask(dsn('other.example', port, '?tls=verify-ca'), TLS), '[{"tls":1}]');
    } finally {
      setDefaultCACertificates(authorities);
    }
  });

  test('what a server sends over TLS is counted, too', async () => {
    await using databases = new Databases({ clock: realClock, dialer, limits: { maxResultBytes: 1000 } });
    const connectionString = dsn('secure.example', secure?.port, '?tls=skip-verify');
    const place = { type: 'mysql', connectionString, rules: LOCAL_RULES } as const;
    const huge = databases.execute(place, query('select', "SELECT REPEAT('x', 8000000) AS v"), [], signal);
    await assert.rejects(huge, { code: 'DATABASE_TOO_LARGE' });
  });
});
