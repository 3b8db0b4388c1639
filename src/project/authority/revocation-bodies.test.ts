import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { CborWriter } from '../../kernel/cbor/index.ts';
import { fromHex, toHex } from '../../kernel/index.ts';
import { identifierFromBytes } from '../../trust/identity/index.ts';
import {
  decodeRevocations,
  decodeRevocationsAfter,
  encodeRevocations,
  encodeRevocationsAfter,
} from './revocation-bodies.ts';
import { MAX_TOLD } from './revocations.ts';

const document = readFileSync(new URL('../../../docs/protocol/project.md', import.meta.url), 'utf8');
const vector = (name: string): string => {
  const row = document.split('\n').find((line) => line.startsWith(`| ${name} |`));
  return /`([0-9a-f]+)` \|$/.exec(row ?? '')?.[1] ?? assert.fail(`no vector ${name}`);
};

const SUBJECT = identifierFromBytes(Uint8Array.from({ length: 32 }, (_, index) => 0xa0 + index));
const TOLD = { sequence: 7, subject: SUBJECT, revokedAtSeconds: 1_700_000_000, endsAtSeconds: 1_702_592_001 };

test('the vectors of project.md §8.2 encode and decode', () => {
  assert.equal(toHex(encodeRevocationsAfter(7)), vector('revocations after number 7'));
  assert.equal(decodeRevocationsAfter(fromHex(vector('revocations after number 7'))), 7);
  assert.equal(toHex(encodeRevocations([TOLD])), vector('one revocation, of a0…bf'));
  assert.deepEqual(decodeRevocations(fromHex(vector('one revocation, of a0…bf'))), [TOLD]);
  assert.deepEqual(decodeRevocations(encodeRevocations([])), []);
});

test('what is encoded decodes to the same', () => {
  const told = fc.record(
    {
      sequence: fc.maxSafeNat(),
      subject: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(identifierFromBytes),
      revokedAtSeconds: fc.maxSafeNat(),
      endsAtSeconds: fc.maxSafeNat(),
    },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(told, { maxLength: 20 }), (all) =>
      assert.deepEqual(decodeRevocations(encodeRevocations(all)), all),
    ),
  );
  fc.assert(
    fc.property(fc.maxSafeNat(), (after) => assert.equal(decodeRevocationsAfter(encodeRevocationsAfter(after)), after)),
  );
});

test('hostile bytes are refused with a code', () => {
  assertSturdy(encodeRevocationsAfter(1000), decodeRevocationsAfter);
  assertSturdy(encodeRevocations([TOLD, TOLD]), decodeRevocations);
  const many = Array.from({ length: MAX_TOLD + 1 }, () => TOLD);
  assert.equal(
    codeOf(() => decodeRevocations(encodeRevocations(many))),
    'CBOR_TOO_LONG',
  );
  assert.equal(
    codeOf(() => decodeRevocations(Uint8Array.of(0x9b, ...new Uint8Array(8).fill(255)))),
    'CBOR_TRUNCATED',
  );
  assert.equal(
    codeOf(() => decodeRevocationsAfter(new CborWriter().map(0).finish())),
    'CBOR_MISSING_FIELD',
  );
  const short = new CborWriter().array(1).array(3).uint(1).bytes(new Uint8Array(32)).uint(1).finish();
  assert.equal(
    codeOf(() => decodeRevocations(short)),
    'CBOR_MISSING_FIELD',
  );
});
