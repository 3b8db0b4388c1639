import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import {
  changeHashFromBytes,
  changeHashToBytes,
  identifierFromBytes,
  identifierToBytes,
  isIdentifier,
  parseChangeHash,
  parseIdentifier,
} from './identifier.ts';
import { S1 } from './testdata/vectors.ts';

const DIGITS = S1.identifier.slice(1);

suite('identifiers', () => {
  test('are read in either case, with white space around', () => {
    for (const text of [S1.identifier, `  ${S1.identifier}\n`, `I${DIGITS.toUpperCase()}`, `\tI${DIGITS}`]) {
      assert.equal(parseIdentifier(text), S1.identifier);
    }
  });

  test('in any other form are refused', () => {
    const wrong = [
      '',
      'I',
      DIGITS,
      `i${DIGITS}`,
      `P${DIGITS}`,
      `I${DIGITS.slice(2)}`,
      `I${DIGITS}00`,
      `I${DIGITS.slice(1)}`,
      `I${DIGITS.slice(1)}g`,
      `I ${DIGITS}`,
      `II${DIGITS}`,
      `I${DIGITS.slice(24)}`,
      'I'.repeat(65),
      `${S1.identifier} ${S1.identifier}`,
    ];
    for (const text of wrong) assert.throws(() => parseIdentifier(text), { code: 'IDENTITY_INVALID_IDENTIFIER' });
  });

  test('are canonical only in lower case', () => {
    assert.ok(isIdentifier(S1.identifier));
    assert.ok(!isIdentifier(`I${DIGITS.toUpperCase()}`));
    assert.ok(!isIdentifier(`${S1.identifier}\n`));
  });

  test('and change hashes keep their 32 bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        assert.deepEqual(identifierToBytes(identifierFromBytes(bytes)), bytes);
        assert.equal(parseIdentifier(identifierFromBytes(bytes)), identifierFromBytes(bytes));
        assert.deepEqual(changeHashToBytes(changeHashFromBytes(bytes)), bytes);
        assert.equal(parseChangeHash(changeHashFromBytes(bytes).toUpperCase()), changeHashFromBytes(bytes));
      }),
    );
  });

  test('and change hashes of another length are refused', () => {
    for (const length of [0, 20, 31, 33]) {
      const bytes = new Uint8Array(length);
      assert.throws(() => identifierFromBytes(bytes), { code: 'IDENTITY_INVALID_IDENTIFIER' });
      assert.throws(() => changeHashFromBytes(bytes), { code: 'IDENTITY_INVALID_IDENTIFIER' });
    }
    for (const text of ['', DIGITS.slice(2), `${DIGITS}0`, S1.identifier]) {
      assert.throws(() => parseChangeHash(text), { code: 'IDENTITY_INVALID_IDENTIFIER' });
    }
  });
});
