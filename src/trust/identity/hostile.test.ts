import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, byteFlips, codeOf } from '../../../test/support/hostile.ts';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { concat, fromHex, toHex } from '../../kernel/index.ts';
import { decodeChangeData, encodeChangeData, readChange, writeChange } from './change.ts';
import {
  changeHistoryFromHex,
  decodeChangeHistory,
  encodeChangeHistory,
  MAX_CHANGES,
  MAX_HISTORY_BYTES,
} from './change-history.ts';
import { decoding } from './errors.ts';
import { changeHashFromBytes, identifierFromBytes } from './identifier.ts';
import {
  decodePurposeKeyAttestation,
  decodePurposeKeyAttestationData,
  encodePurposeKeyAttestationData,
  type PurposePublicKey,
} from './purpose-key-attestation.ts';
import type { SigningPublicKey } from './signing-key.ts';
import { D1, D2, S2, S3 } from './testdata/vectors.ts';
import { verifyHistory } from './verify-history.ts';
import { decodeVersionedData } from './versioned-data.ts';

const change = changeHistoryFromHex(S3.history)[0]!;
const DATA = new CborWriter().bytes(change.data).finish();
const SIGNATURE = fromHex(`8200815840${toHex(change.signature.bytes)}`);

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const seconds = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const signingKey: fc.Arbitrary<SigningPublicKey> = fc.oneof(
  hash.map((bytes) => ({ algorithm: 'ed25519' as const, bytes })),
  fc.uint8Array({ minLength: 65, maxLength: 65 }).map((bytes) => ({ algorithm: 'p256' as const, bytes })),
);

suite('round trips', () => {
  test('of what changes state', () => {
    fc.assert(
      fc.property(fc.option(hash, { nil: undefined }), signingKey, fc.boolean(), seconds, seconds, (p, k, r, f, u) => {
        const content = {
          previousChange: p && changeHashFromBytes(p),
          primaryPublicKey: k,
          revokeAllPurposeKeys: r,
          attestationsValidFrom: f,
          attestationsValidUntil: u,
        };
        assert.deepEqual(decodeChangeData(decodeVersionedData(encodeChangeData(content)).data), content);
      }),
    );
  });

  test('of what attestations state', () => {
    const publicKey: fc.Arbitrary<PurposePublicKey> = fc.oneof(
      hash.map((key) => ({ kind: 'secure-channel' as const, key })),
      signingKey.map((key) => ({ kind: 'credential-signing' as const, key })),
    );
    fc.assert(
      fc.property(hash, hash, publicKey, seconds, seconds, (s, h, k, c, e) => {
        const content = {
          subject: identifierFromBytes(s),
          subjectLatestChangeHash: changeHashFromBytes(h),
          publicKey: k,
          createdAt: c,
          expiresAt: e,
        };
        const { data } = decodeVersionedData(encodePurposeKeyAttestationData(content));
        assert.deepEqual(decodePurposeKeyAttestationData(data), content);
      }),
    );
  });
});

suite('hostile input', () => {
  for (const [name, hex] of [
    ['S2', S2.history],
    ['S3', S3.history],
    ['D1', D1.history],
  ] as const) {
    test(`history ${name}, cut and flipped`, () => {
      assertSturdy(fromHex(hex), (bytes) => decodeChangeHistory(bytes), 'IDENTITY_');
    });
  }

  test('no flip of a history passes for the same identity with other content', () => {
    const original = verifyHistory(decodeChangeHistory(fromHex(D1.history)));
    for (const [index, flip] of [...byteFlips(fromHex(D1.history))].entries()) {
      if (index % 5 !== 0) continue;
      codeOf(() => {
        const identity = verifyHistory(decodeChangeHistory(flip), original.identifier);
        const sameStart = identity.changes[0]!.hash === original.changes[0]!.hash;
        assert.ok(sameStart && (identity.changes.length === 1 || identity.latest.hash === original.latest.hash));
      }, 'IDENTITY_');
    }
  });

  test('an attestation, cut and flipped', () => {
    assertSturdy(fromHex(D2.attestation), (bytes) => decodePurposeKeyAttestation(bytes), 'IDENTITY_');
    const { data } = decodePurposeKeyAttestation(fromHex(D2.attestation));
    const inner = decodeVersionedData(data).data;
    assertSturdy(inner, (bytes) => decoding('data', () => decodePurposeKeyAttestationData(bytes)), 'IDENTITY_');
  });

  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        codeOf(() => decodeChangeHistory(bytes), 'IDENTITY_');
        codeOf(() => decodePurposeKeyAttestation(bytes), 'IDENTITY_');
      }),
      { numRuns: 500 },
    );
  });

  test('announced lengths beyond the input, and endless nesting', () => {
    const announced = ['9bffffffffffffffff', '9a7fffffff', '81825bffffffffffffffff', '818258ff00', '5f'];
    for (const hex of announced) {
      assert.throws(() => decodeChangeHistory(fromHex(hex)), { code: 'IDENTITY_DECODE_FAILED' });
    }
    const deep = concat(fromHex('8184'), DATA, SIGNATURE, fromHex('f6'), new Uint8Array(60_000).fill(0x81));
    assert.throws(() => decodeChangeHistory(deep), { code: 'IDENTITY_DECODE_FAILED' });
  });

  test('a history is bounded in bytes and in changes', () => {
    const many = Array.from({ length: MAX_CHANGES + 1 }, () => ({ ...change, data: new Uint8Array(1) }));
    const writer = new CborWriter().array(many.length);
    for (const one of many) writeChange(writer, one);
    const encoded = writer.finish();
    assert.ok(encoded.length < MAX_HISTORY_BYTES);
    assert.throws(() => decodeChangeHistory(encoded), { code: 'IDENTITY_DECODE_FAILED' });
    const long = [{ ...change, data: new Uint8Array(MAX_HISTORY_BYTES) }];
    assert.throws(() => encodeChangeHistory(long), { code: 'IDENTITY_TOO_LONG' });
    const tooLong = new Uint8Array(MAX_HISTORY_BYTES + 1);
    assert.throws(() => decodeChangeHistory(tooLong), { code: 'IDENTITY_TOO_LONG' });
    assert.throws(() => changeHistoryFromHex(toHex(tooLong)), { code: 'IDENTITY_TOO_LONG' });
  });
});

suite('leniency of the reference decoder', () => {
  const accepted: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['an indefinite list', concat(fromHex('9f82'), DATA, SIGNATURE, fromHex('ff'))],
    ['an indefinite struct', concat(fromHex('819f'), DATA, SIGNATURE, fromHex('ff'))],
    ['a null in place of the previous signature', concat(fromHex('8183'), DATA, SIGNATURE, fromHex('f6'))],
    ['an element too many', concat(fromHex('8184'), DATA, SIGNATURE, fromHex('f6'), fromHex('a1016178'))],
    [
      'a previous signature of an unknown algorithm',
      concat(fromHex('8183'), DATA, SIGNATURE, fromHex('82078243010203f5')),
    ],
    [
      'an integer in a longer form',
      concat(fromHex('8182'), DATA, fromHex(`821900008158 40`.replace(' ', '')), change.signature.bytes),
    ],
    [
      'a field too many in a variant',
      concat(fromHex('8182'), DATA, fromHex('8200825840'), change.signature.bytes, fromHex('01')),
    ],
    ['bytes after the end', concat(fromHex(S3.history), fromHex('ff00'))],
  ];
  for (const [name, bytes] of accepted) {
    test(`accepts ${name}`, () => {
      assert.equal(verifyHistory(decodeChangeHistory(bytes)).identifier, S3.identifier);
      assert.equal(toHex(encodeChangeHistory(decodeChangeHistory(bytes))), S3.history);
    });
  }

  const refused: readonly (readonly [name: string, bytes: Uint8Array])[] = [
    ['an indefinite byte string', concat(fromHex('81825f'), DATA, fromHex('ff'), SIGNATURE)],
    [
      'an indefinite variant',
      concat(fromHex('8182'), DATA, fromHex('9f00815840'), change.signature.bytes, fromHex('ff')),
    ],
    [
      'a variant of three elements',
      concat(fromHex('8182'), DATA, fromHex('8300815840'), change.signature.bytes, fromHex('00')),
    ],
    [
      'an unknown algorithm of the signature',
      concat(fromHex('8182'), DATA, fromHex('8202815840'), change.signature.bytes),
    ],
    ['a short signature', concat(fromHex('8182'), DATA, fromHex('820081583f'), change.signature.bytes.slice(1))],
    ['text in place of bytes', concat(fromHex('8182'), fromHex('6161'), SIGNATURE)],
    ['a missing signature', concat(fromHex('8181'), DATA)],
    ['a null signature', concat(fromHex('8182'), DATA, fromHex('f6'))],
    ['a map in place of a struct', fromHex('81a0')],
  ];
  for (const [name, bytes] of refused) {
    test(`refuses ${name}`, () => {
      assert.throws(() => decodeChangeHistory(bytes), { code: 'IDENTITY_DECODE_FAILED' });
    });
  }

  test('decoded objects do not share memory with the input', () => {
    const input = Buffer.from(S3.history, 'hex');
    const decoded = decodeChangeHistory(input);
    input.fill(0);
    assert.equal(toHex(encodeChangeHistory(decoded)), S3.history);
    assert.deepEqual(readChange(new CborReader(encodeChangeHistory(decoded), 1)), decoded[0]);
  });
});
