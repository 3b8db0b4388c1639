import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { matchesDomain, normalizePattern } from './domain-pattern.ts';
import { tableOf } from '../../../test/support/capability-tables.ts';

const ROWS = tableOf('3.2', 'Pattern');

test('both matchers give the answers of the specification', () => {
  assert.equal(ROWS.length, 26);
  for (const [pattern, host, suborbital, anchored] of ROWS) {
    assert.equal(
      matchesDomain('suborbital', pattern!, host!) ? 'yes' : 'no',
      suborbital,
      `suborbital ${pattern} ${host}`,
    );
    assert.equal(matchesDomain('anchored', pattern!, host!) ? 'yes' : 'no', anchored, `anchored ${pattern} ${host}`);
  }
});

test('patterns have one form', () => {
  const forms: readonly (readonly [string, string | undefined])[] = [
    ['Example.COM.', 'example.com'],
    ['*.Example.com', '*.example.com'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    ['[::1]', '::1'],
    ['0:0::1', '::1'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['', undefined],
    ['.', undefined],
    ['.example.com', undefined],
    ['a..b', undefined],
    ['a*.example.com', undefined],
    ['exa mple.com', undefined],
    ['example.com:80', undefined],
    ['https://example.com', undefined],
    ['-a.com', undefined],
    [`${'a'.repeat(64)}.com`, undefined],
    [`${'a.'.repeat(127)}com`, undefined],
  ];
  for (const [pattern, normal] of forms) assert.equal(normalizePattern(pattern), normal, pattern);
});

test('without a star a pattern matches one host; with a leading star, hosts that end in the rest', () => {
  const label = fc.constantFrom('a', 'b', 'example', 'com');
  const name = fc.array(label, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(name, name, (pattern, host) => {
      assert.equal(matchesDomain('anchored', pattern.join('.'), host.join('.')), pattern.join('.') === host.join('.'));
      const wild = matchesDomain('anchored', `*.${pattern.join('.')}`, host.join('.'));
      assert.equal(wild, host.join('.').endsWith(`.${pattern.join('.')}`));
    }),
    { numRuns: 1000 },
  );
});
