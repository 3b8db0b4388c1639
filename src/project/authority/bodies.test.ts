import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { CborWriter } from '../../kernel/cbor/index.ts';
import { fromHex, toHex } from '../../kernel/index.ts';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import { decodeRequest } from '../../network/api/index.ts';
import {
  decodeAccessToken,
  decodeAddMember,
  decodeCreateToken,
  decodeIdentifiers,
  decodeMemberEntry,
  decodeMemberList,
  decodeOneTimeCode,
  encodeAccessToken,
  encodeAddMember,
  encodeCreateToken,
  encodeIdentifiers,
  encodeMemberEntry,
  encodeMemberList,
  encodeOneTimeCode,
} from './bodies.ts';

const document = readFileSync(new URL('../../../docs/protocol/project.md', import.meta.url), 'utf8');
const vector = (name: string): string => {
  const row = document.split('\n').find((line) => line.startsWith(`| ${name} |`));
  return /`([0-9a-f]+)` \|$/.exec(row ?? '')?.[1] ?? assert.fail(`no vector ${name}`);
};

const MEMBER = identifierFromBytes(Uint8Array.from({ length: 32 }, (_, index) => 0xa0 + index));
const CODE = Uint8Array.from({ length: 32 }, (_, index) => index);
const entry = {
  attributes: new Map([['k', 'v']]),
  addedAtSeconds: 1_700_000_000,
  expiresAtSeconds: undefined,
  attestedBy: MEMBER,
};

test('the vectors of project.md §4.5 encode and decode', () => {
  assert.equal(toHex(encodeOneTimeCode(CODE)), vector('one-time code 00…1f'));
  assert.deepEqual(decodeOneTimeCode(fromHex(vector('one-time code 00…1f'))), CODE);
  const request = decodeRequest(fromHex(vector('present that code, id 1')));
  assert.equal(request.method, 'POST');
  assert.deepEqual(request.body && decodeOneTimeCode(request.body), CODE);
  const relay = { identifier: MEMBER, attributes: new Map([['ockam-relay', '*']]) };
  assert.equal(toHex(encodeAddMember(relay)), vector('add member a0…bf, `ockam-relay` = `*`'));
  assert.deepEqual(decodeAddMember(encodeAddMember(relay)), relay);
  const token = { attributes: new Map([['ockam-role', 'enroller']]), ttlSeconds: 600, uses: 1 };
  assert.equal(toHex(encodeCreateToken(token)), vector('create token, `ockam-role` = `enroller`, 600 s, 1 use'));
  assert.deepEqual(decodeCreateToken(encodeCreateToken(token)), token);
  assert.equal(toHex(encodeCreateToken({ attributes: new Map() })), vector('create token, nothing said'));
  assert.equal(toHex(encodeAccessToken('abc')), vector('access token abc'));
  assert.equal(decodeAccessToken(fromHex(vector('access token abc'))), 'abc');
  assert.equal(toHex(encodeMemberEntry(entry)), vector('entry, k = v, added at 1700000000 by a0…bf'));
  assert.deepEqual(decodeMemberEntry(fromHex(vector('entry, k = v, added at 1700000000 by a0…bf'))), entry);
});

const texts = fc.string({ unit: 'grapheme', maxLength: 20 });
const attributes = fc.dictionary(texts, texts, { maxKeys: 8 }).map((pairs) => new Map(Object.entries(pairs)));
const seconds = fc.maxSafeNat();
const optional = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(of, { nil: undefined });
const identifier = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => identifierFromBytes(bytes));
const plain = { noNullPrototype: true };
const entries = fc.record(
  { attributes, addedAtSeconds: seconds, expiresAtSeconds: optional(seconds), attestedBy: optional(identifier) },
  plain,
);

suite('every body comes back as it was sent', () => {
  test('requests', () => {
    fc.assert(
      fc.property(fc.record({ identifier, attributes }, plain), (body) =>
        assert.deepEqual(decodeAddMember(encodeAddMember(body)), body),
      ),
    );
    const tokens = fc.record({ attributes, ttlSeconds: optional(seconds), uses: optional(seconds) }, plain);
    fc.assert(fc.property(tokens, (body) => assert.deepEqual(decodeCreateToken(encodeCreateToken(body)), body)));
  });

  test('answers', () => {
    fc.assert(fc.property(entries, (body) => assert.deepEqual(decodeMemberEntry(encodeMemberEntry(body)), body)));
    const lists = fc.array(fc.tuple(identifier, entries), { maxLength: 5 }).map((pairs) => new Map(pairs));
    fc.assert(fc.property(lists, (body) => assert.deepEqual(decodeMemberList(encodeMemberList(body)), body)));
    fc.assert(
      fc.property(fc.array(identifier), (body) => assert.deepEqual(decodeIdentifiers(encodeIdentifiers(body)), body)),
    );
  });
});

test('attributes are written in the order of their names', () => {
  const one = new Map([
    ['b', '1'],
    ['a', '2'],
  ]);
  const other = new Map([
    ['a', '2'],
    ['b', '1'],
  ]);
  assert.deepEqual(encodeCreateToken({ attributes: one }), encodeCreateToken({ attributes: other }));
});

suite('hostile bodies', () => {
  test('cut off or changed anywhere', () => {
    const token = { attributes: new Map([['k', 'v']]), ttlSeconds: 600, uses: 300 };
    assertSturdy(encodeOneTimeCode(CODE), decodeOneTimeCode, 'CBOR_');
    assertSturdy(encodeAddMember({ identifier: MEMBER, attributes: token.attributes }), decodeAddMember, 'CBOR_');
    assertSturdy(encodeCreateToken(token), decodeCreateToken, 'CBOR_');
    assertSturdy(encodeAccessToken('eyJhbGciOi.J9'), decodeAccessToken, 'CBOR_');
    assertSturdy(encodeMemberEntry(entry), decodeMemberEntry, 'CBOR_');
    assertSturdy(encodeMemberList(new Map([[MEMBER, entry]])), decodeMemberList, 'CBOR_');
    assertSturdy(encodeIdentifiers([MEMBER, MEMBER]), decodeIdentifiers, 'CBOR_');
  });

  test('access tokens that no header can carry, or of another kind', () => {
    assert.equal(decodeAccessToken(encodeAccessToken('x'.repeat(16_384))), 'x'.repeat(16_384));
    assert.equal(
      codeOf(() => decodeAccessToken(encodeAccessToken('x'.repeat(16_385)))),
      'CBOR_TOO_LONG',
    );
    for (const token of ['', 'two words', 'line\r\nfeed', 'ä']) {
      assert.equal(
        codeOf(() => decodeAccessToken(encodeAccessToken(token))),
        'CBOR_OUT_OF_RANGE',
        token,
      );
    }
    const mac = new CborWriter().map(2).uint(1).uint(1).uint(2).text('t').finish();
    assert.equal(
      codeOf(() => decodeAccessToken(mac)),
      'CBOR_OUT_OF_RANGE',
    );
  });

  test('too many attributes, too long ones, and lengths that are not there', () => {
    const many = new Map(Array.from({ length: 101 }, (_, index) => [`name ${index}`, '']));
    const long = new Map([['name', 'x'.repeat(8189)]]);
    const huge = new CborWriter().map(1).uint(1).map(1_000_000).text('a').text('b').finish();
    for (const body of [encodeCreateToken({ attributes: many }), encodeCreateToken({ attributes: long }), huge]) {
      assert.match(codeOf(() => decodeCreateToken(body)) ?? '', /^CBOR_(TOO_LONG|TRUNCATED)$/);
    }
    const fits = new Map([['name', 'x'.repeat(8188)]]);
    assert.deepEqual(decodeCreateToken(encodeCreateToken({ attributes: fits })).attributes, fits);
    assert.deepEqual(decodeMemberEntry(encodeMemberEntry({ ...entry, attributes: fits })).attributes, fits);
    const numbers = new CborWriter()
      .map(1)
      .uint(1)
      .map(1)
      .array(2 ** 40)
      .uint(1)
      .finish();
    assert.match(codeOf(() => decodeMemberEntry(numbers)) ?? '', /^CBOR_/);
  });
});
