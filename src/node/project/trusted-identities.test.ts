import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseTrustedIdentities } from './trusted-identities.ts';

const A = `I${'0a'.repeat(32)}`;
const B = `I${'0b'.repeat(32)}`;

suite('trusted identities', () => {
  test('are read in both forms', () => {
    const pairs = [
      [A, [['ockam-role', 'enroller']]],
      [B, []],
    ];
    assert.deepEqual(parseTrustedIdentities(JSON.stringify({ [A]: { 'ockam-role': 'enroller' }, [B]: {} })), pairs);
    const list = [{ identifier: A, 'ockam-role': 'enroller' }, { identifier: B }];
    assert.deepEqual(parseTrustedIdentities(JSON.stringify(list)), pairs);
    assert.deepEqual(parseTrustedIdentities('{}'), []);
  });

  const wrong: readonly (readonly [string, RegExp])[] = [
    ['', /Cannot parse the trusted identities: /],
    ['{', /Cannot parse the trusted identities: /],
    ['null', /the whole is no JSON object/],
    ['"x"', /the whole is no JSON object/],
    ['[1]', /an item of the list is no JSON object/],
    ['[{}]', /"undefined" is no identifier/],
    ['{"Iab":{}}', /"Iab" is no identifier/],
    ['{"__proto__":{}}', /"__proto__" is no identifier/],
    [`{"${A}":[]}`, /is no JSON object/],
    [`{"${A}":{"a":1}}`, /the attribute "a" of I0a\S+ is no text/],
    [`{"${A}":{"a":null}}`, /the attribute "a"/],
    [`[{"identifier":"${A}"},{"identifier":"${A}"}]`, /is there twice/],
    [' '.repeat(4 * 1024 * 1024 + 1), /more than 4194304 characters/],
    ['['.repeat(100_000), /Cannot parse/],
  ];
  for (const [text, message] of wrong) {
    test(`refuses ${text.slice(0, 40)}`, () => {
      assert.throws(() => parseTrustedIdentities(text), { code: 'NODE_INPUT', message });
    });
  }
});
