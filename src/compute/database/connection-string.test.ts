import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { codeOf } from '../../../test/support/hostile.ts';
import type { ConnectionSettings } from './contract.ts';
import { parseConnectionString } from './connection-string.ts';

const BASE = { applicationName: 'perigee', options: '', parseTime: false, countFound: false };
const read = (type: 'mysql' | 'postgresql', text: string): ConnectionSettings => parseConnectionString(type, text);

test('PostgreSQL: a URI, and names with values, say the same', () => {
  const settings: ConnectionSettings = {
    ...BASE,
    type: 'postgresql',
    host: 'db.example',
    port: 6543,
    user: 'me',
    password: "p@ s:'\\",
    database: 'shop',
    tls: 'verify-full',
  };
  assert.deepEqual(read('postgresql', "postgres://me:p%40%20s%3A'%5C@DB.example:6543/shop"), settings);
  const written = "host=db.example. port = 6543 user=me password='p@ s:\\'\\\\' dbname=shop";
  assert.deepEqual(read('postgresql', written), settings);
});

test('MySQL: the form of drivers for Go, and a URI, say the same', () => {
  const settings: ConnectionSettings = {
    ...BASE,
    type: 'mysql',
    host: '10.0.0.7',
    port: 3306,
    user: 'me',
    password: 'p@s/s:?',
    database: 'shop',
    tls: 'verify-full',
  };
  assert.deepEqual(read('mysql', 'me:p@s/s:?@tcp(10.0.0.7)/shop'), settings);
  assert.deepEqual(read('mysql', 'mysql://me:p%40s%2Fs%3A%3F@10.0.0.7/shop'), settings);
  assert.equal(read('mysql', 'me@tcp([2001:DB8::1]:3307)/').host, '2001:db8::1');
});

test('TLS is off on this machine, on and checked elsewhere, and what the string says', () => {
  const tls = (host: string, rest = ''): string => read('postgresql', `postgres://me@${host}/x${rest}`).tls;
  for (const host of ['localhost', '127.0.0.1', '127.8.9.1', '[::1]', '2130706433'])
    assert.equal(tls(host), 'off', host);
  for (const host of ['db', '10.0.0.1', '[fd00::1]', 'localhost.example', '0.0.0.0']) {
    assert.equal(tls(host), 'verify-full', host);
  }
  const modes = {
    disable: 'off',
    prefer: 'offered',
    require: 'verify-full',
    'verify-ca': 'verify-ca',
    'no-verify': 'unverified',
  };
  for (const [mode, expected] of Object.entries(modes)) assert.equal(tls('localhost', `?sslmode=${mode}`), expected);
  const mysql = { true: 'verify-full', false: 'off', preferred: 'offered', 'skip-verify': 'unverified' };
  for (const [mode, expected] of Object.entries(mysql)) {
    assert.equal(read('mysql', `me@tcp(localhost)/x?tls=${mode}`).tls, expected);
  }
});

/** What is refused, and a word that the error says. */
const REFUSED: readonly (readonly ['mysql' | 'postgresql', string, RegExp])[] = [
  ['postgresql', '', /empty/],
  ['mysql', '', /empty/],
  ['postgresql', 'x'.repeat(5000), /longer/],
  ['postgresql', 'postgres://h/x', /no user/],
  ['postgresql', 'postgres://me@/x', /no URI/],
  ['postgresql', 'postgres://me@%2Fvar%2Frun/x', /no host/],
  ['postgresql', 'host=/var/run/postgresql user=me', /no host/],
  ['postgresql', 'host=a,b user=me', /no host/],
  ['postgresql', 'host=a?b user=me', /no host/],
  ['postgresql', 'host=a:1 user=me', /no host/],
  ['postgresql', 'postgres://me@a:1,b:2/x', /no URI/],
  ['postgresql', 'postgres://me@h:0/x', /port/],
  ['postgresql', 'host=h port=65536 user=me', /port/],
  ['postgresql', 'postgres://me:%00@h/x', /NUL/],
  ['postgresql', 'postgres://me:%zz@h/x', /percent/],
  ['postgresql', 'postgres://me@h/x?sslcert=%2Fetc%2Fpasswd', /"sslcert" is not known/],
  ['postgresql', 'host=h user=me service=x', /"service" is not known/],
  ['postgresql', 'host=h user=me constructor=x', /"constructor" is not known/],
  ['postgresql', 'host=h user=me sslrootcert=/etc/x', /"sslrootcert" has a value/],
  ['postgresql', 'postgres://me@h/x?sslmode=maybe', /"sslmode" has a value/],
  ['postgresql', 'postgres://me@h/x?sslmode=toString', /"sslmode" has a value/],
  ['postgresql', 'postgres://me@h/x?options=%0A', /"options" has a value/],
  ['mysql', 'me:pw@unix(/tmp/mysql.sock)/x', /neither/],
  ['mysql', 'me:pw@tcp(h)', /neither/],
  ['mysql', 'me@tcp(h)/x?multiStatements=true', /"multiStatements" has a value/],
  ['mysql', 'me@tcp(h)/x?allowAllFiles=true', /"allowAllFiles" is not known/],
  ['mysql', 'me@tcp(h)/x?charset=latin1', /"charset" has a value/],
  ['mysql', 'mysql://me@h/x?socketPath=%2Ftmp', /"socketPath" is not known/],
];

test('what names files, sockets, several servers or nothing is refused', () => {
  for (const [type, text, word] of REFUSED) {
    assert.throws(() => read(type, text), { code: 'DATABASE_CONNECTION_STRING', message: word }, text);
  }
});

test('no error shows the password, however the string is broken', () => {
  const strings: readonly (readonly ['mysql' | 'postgresql', string])[] = [
    ['postgresql', 'postgres://me:hun%40ter2@db.example:5432/shop?sslmode=verify-full'],
    ['postgresql', 'postgres://me:12?hun=ter2@db.example/shop'],
    ['postgresql', 'host=db.example user=me password=hunter2 dbname=shop'],
    ['postgresql', 'host=db.example user=me password=some hunter2'],
    ['mysql', 'me:hunter2@tcp(db.example:3306)/shop?tls=true'],
    ['mysql', 'mysql://me:hunter2@db.example/shop?tls=true'],
  ];
  for (const [type, text] of strings) {
    const broken = [text];
    for (let at = 0; at < text.length; at++) {
      broken.push(text.slice(0, at), text.slice(at + 1));
      for (const char of ['@', '/', '?', '#', ' ', '%', '\\', "'"])
        broken.push(text.slice(0, at) + char + text.slice(at));
    }
    for (const one of broken) {
      try {
        read(type, one);
      } catch (error) {
        const { code, message, stack } = error as { code?: string } & Error;
        assert.equal(code, 'DATABASE_CONNECTION_STRING', one);
        assert.equal(/hunter|hun|ter2/.test(`${message}${stack}`), false, `${one}: ${message}`);
      }
    }
  }
});

test('any text is read or refused', () => {
  const piece = fc.constantFrom(
    'postgres://',
    'mysql://',
    'me',
    ':',
    '@',
    'tcp(',
    ')',
    '/',
    '?',
    'tls=',
    '&',
    '[::1]',
    'host=',
    ' ',
    "'",
    '\\',
    '%',
  );
  fc.assert(
    fc.property(
      fc.constantFrom('mysql' as const, 'postgresql' as const),
      fc.array(piece, { maxLength: 12 }),
      (type, pieces) => {
        codeOf(() => read(type, pieces.join('')), 'DATABASE_CONNECTION_STRING');
      },
    ),
    { numRuns: 2000 },
  );
});
