import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSturdy } from '../../../../test/support/hostile.ts';
import { fromHex } from '../../../kernel/index.ts';
import {
  decodeHostnamePort,
  dialHost,
  encodeHostnamePort,
  formatHostnamePort,
  parseHostnamePort,
} from './hostname-port.ts';

test('every accepted form', () => {
  for (const [text, canonical, dialled] of [
    ['80', '127.0.0.1:80', '127.0.0.1'],
    [':80', '127.0.0.1:80', '127.0.0.1'],
    ['1.2.3.4:80', '1.2.3.4:80', '1.2.3.4'],
    ['[::1]:8080', '[::1]:8080', '::1'],
    ['[0:0:0::1]:0', '[::1]:0', '::1'],
    ['name:65535', 'name:65535', 'name'],
    ['my_db-1.example.com:1', 'my_db-1.example.com:1', 'my_db-1.example.com'],
    [`${'a'.repeat(63)}.b:1`, `${'a'.repeat(63)}.b:1`, `${'a'.repeat(63)}.b`],
  ] as const) {
    const parsed = parseHostnamePort(text);
    assert.equal(formatHostnamePort(parsed), canonical);
    assert.equal(dialHost(parsed), dialled);
    assert.deepEqual(decodeHostnamePort(encodeHostnamePort(parsed)), parsed);
  }
});

test('everything else is refused', () => {
  for (const bad of [
    '',
    'name',
    'name:',
    'name:x',
    'name:65536',
    'name:-1',
    '::1:80',
    'a:b:80',
    '[::1]',
    '[::1:80',
    '[x]:80',
    '[]:80',
    '-a:1',
    'a-:1',
    '.a:1',
    'a.:1',
    'a..b:1',
    'ä:1',
    'a b:1',
    'a/b:1',
    `${'a'.repeat(64)}:1`,
    `${'a.'.repeat(126)}ab:1`,
  ]) {
    assert.throws(() => parseHostnamePort(bad), { code: 'ROUTING_INVALID_HOSTNAME_PORT' }, bad);
  }
});

test('hostile bytes give a coded error or a place', () => {
  assertSturdy(fromHex('82693132372e302e302e31190fa0'), decodeHostnamePort);
});
