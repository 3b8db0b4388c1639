import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isHostName, parseTarget } from './target.ts';

test('hosts come out in one form', () => {
  const hosts: readonly (readonly [url: string, host: string, port: number])[] = [
    ['https://Example.COM./a', 'example.com', 443],
    ['http://example.com:8080', 'example.com', 8080],
    ['https://example.com:443/', 'example.com', 443],
    ['http://2130706433', '127.0.0.1', 80],
    ['http://0x7f.1', '127.0.0.1', 80],
    ['http://0177.0.0.01', '127.0.0.1', 80],
    ['http://127.0.0.1.', '127.0.0.1', 80],
    ['http://１２７.0.0.1', '127.0.0.1', 80],
    ['http://127。0。0。1', '127.0.0.1', 80],
    ['http://[::ffff:127.0.0.1]', '127.0.0.1', 80],
    ['http://[0:0:0:0:0:0:0:1]:81', '::1', 81],
    ['http:\\\\example.com\\x', 'example.com', 80],
    ['https://bücher.example', 'xn--bcher-kva.example', 443],
    ['https://user:pass@example.com@evil.com', 'evil.com', 443],
  ];
  for (const [url, host, port] of hosts) {
    const target = parseTarget(url);
    assert.equal(target?.host, host, url);
    assert.equal(target?.port, port, url);
  }
});

test('what is no URL of a host is refused', () => {
  for (const url of [
    '',
    'example.com',
    '/x',
    'http://',
    'file:///etc/passwd',
    'data:,x',
    'http://.com',
    'http://a..b',
    'http://example.com..',
    'http://[fe80::1%25eth0]',
    'http://[fe80::1%eth0]',
    'http://1.2.3.4.5',
    'http://256.1.1.1',
    'http://a.b.0x7',
    'http://exa$mple.com',
    'http://a b',
    'http://example.com:99999',
    `http://${'a'.repeat(64)}.com`,
  ]) {
    assert.equal(parseTarget(url), undefined, url);
  }
});

test('origin and path are what goes on the wire, credentials are kept apart', () => {
  const target = parseTarget('https://u%40x:p%3Aw@[::1]:8443/a b?c=ü#fragment');
  assert.equal(target?.origin, 'https://[::1]:8443');
  assert.equal(target?.path, '/a%20b?c=%C3%BC');
  assert.equal(target?.credentials, 'u@x:p:w');
  assert.equal(parseTarget('https://100%@example.com')?.credentials, '100%:');
  assert.equal(parseTarget('https://example.com')?.credentials, undefined);
});

test('a redirect target is read relative to where it came from', () => {
  const base = parseTarget('https://example.com:8443/a/b?c')!;
  assert.equal(parseTarget('../d', base)?.origin, 'https://example.com:8443');
  assert.equal(parseTarget('../d', base)?.path, '/d');
  assert.equal(parseTarget('//other.example/x', base)?.origin, 'https://other.example');
  assert.equal(parseTarget('http://other.example', base)?.scheme, 'http');
});

test('names that the system could read as addresses are no host names', () => {
  for (const name of [
    '127.1',
    '1',
    '0x7f000001',
    'a.0x',
    'a.1',
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    'a:b',
    '::1',
    'a/b',
    'A',
    'a%',
    'a b',
  ]) {
    assert.equal(isHostName(name), false, name);
  }
  for (const name of ['localhost', 'a-b.c_d.example', '1.example', '0x7f.example', 'xn--bcher-kva.example'])
    assert.equal(isHostName(name), true, name);
});

test('the origin always leads back to the same host and port', () => {
  const pieces = fc.constantFrom(
    'a',
    'B',
    '.',
    '..',
    '1',
    '0x7f',
    ':',
    ':81',
    '@',
    '/',
    '//',
    '?',
    '#',
    '%41',
    '[',
    '::1',
    ']',
    'ü',
    '\\',
    ' ',
    '127.0.0.1',
  );
  fc.assert(
    fc.property(fc.constantFrom('http', 'https', 'ftp'), fc.array(pieces, { maxLength: 8 }), (scheme, parts) => {
      const target = parseTarget(`${scheme}://${parts.join('')}`);
      if (target === undefined) return;
      assert.deepEqual(parseTarget(target.origin + target.path), { ...target, credentials: undefined });
      assert.match(target.path, /^\/[!-~]*$/);
    }),
    { numRuns: 1000 },
  );
});
