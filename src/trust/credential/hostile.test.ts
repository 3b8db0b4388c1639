import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { assertSturdy, codeOf } from '../../../test/support/hostile.ts';
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import { concat, fromHex, toHex } from '../../kernel/index.ts';
import { changeHashFromBytes, decodeVersionedData, identifierFromBytes } from '../identity/index.ts';
import { D2, D4, RESPONDER_PAYLOAD, S3, S9 } from '../identity/testdata/vectors.ts';
import {
  credentialFromHex,
  decodeCredentialAndPurposeKey,
  decodeCredentialData,
  encodeCredentialAndPurposeKey,
  encodeCredentialData,
  MAX_CREDENTIAL_BYTES,
} from './credential.ts';
import { decoding } from './errors.ts';
import {
  decodeIdentityAndCredentials,
  encodeIdentityAndCredentials,
  MAX_HANDSHAKE_PAYLOAD_BYTES,
} from './handshake-payload.ts';
import { MAX_PRESENTED_CREDENTIALS } from './presented-credentials.ts';
import {
  decodeRefreshCredentials,
  encodeRefreshCredentials,
  MAX_REFRESH_BYTES,
  readRefreshCredentials,
} from './refresh-credentials.ts';

const CREDENTIAL = fromHex(D4.credentialAndPurposeKey);
const REFRESH = fromHex(S9.slice(8, -2));
const PAYLOAD = fromHex(`84${S3.history}${D2.attestation}81${D4.credentialAndPurposeKey}4101`);

suite('hostile input', () => {
  for (const [name, bytes, decode] of [
    ['a credential', CREDENTIAL, decodeCredentialAndPurposeKey],
    ['a refresh', REFRESH, decodeRefreshCredentials],
    ['an identity payload', PAYLOAD, decodeIdentityAndCredentials],
    ['an identity payload without credential', fromHex(RESPONDER_PAYLOAD), decodeIdentityAndCredentials],
    [
      'the data of a credential',
      fromHex(D4.credentialData),
      (input: Uint8Array): unknown => decoding('data', () => decodeCredentialData(input)),
    ],
  ] as const) {
    test(`${name}, cut and flipped`, () => {
      assertSturdy(bytes, decode, 'CREDENTIAL_');
    });

    test(`random bytes for ${name}`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
          codeOf(() => decode(random), 'CREDENTIAL_');
          codeOf(() => decode(concat(bytes.slice(0, 3), random)), 'CREDENTIAL_');
        }),
        { numRuns: 200 },
      );
    });
  }

  test('announced lengths beyond the input', () => {
    for (const hex of ['9bffffffffffffffff', '825bffffffffffffffff', '839a7fffffff', '8381825bffffffffffffffff']) {
      for (const decode of [decodeCredentialAndPurposeKey, decodeRefreshCredentials, decodeIdentityAndCredentials]) {
        assert.throws(() => decode(fromHex(hex)), { code: 'CREDENTIAL_DECODE_FAILED' });
      }
    }
  });
});

suite('bounds', () => {
  const payload = decodeIdentityAndCredentials(PAYLOAD);
  const [credential] = payload.credentials;
  const refresh = decodeRefreshCredentials(REFRESH);

  test('of the number of presented credentials', () => {
    const most = Array.from({ length: MAX_PRESENTED_CREDENTIALS }, () => credential!);
    const accepted = encodeIdentityAndCredentials({ ...payload, credentials: most });
    assert.equal(decodeIdentityAndCredentials(accepted).credentials.length, MAX_PRESENTED_CREDENTIALS);
    const tooMany = encodeIdentityAndCredentials({ ...payload, credentials: [...most, credential!] });
    assert.throws(() => decodeIdentityAndCredentials(tooMany), { code: 'CREDENTIAL_DECODE_FAILED' });
    const refreshed = encodeRefreshCredentials({ ...refresh, credentials: [...most, credential!] });
    assert.throws(() => decodeRefreshCredentials(refreshed), { code: 'CREDENTIAL_DECODE_FAILED' });
  });

  test('of sizes', () => {
    const long = (length: number): typeof credential & object => ({
      ...credential!,
      credential: { ...credential!.credential, data: new Uint8Array(length) },
    });
    const tooLong = { code: 'CREDENTIAL_TOO_LONG' };
    assert.throws(() => encodeCredentialAndPurposeKey(long(MAX_CREDENTIAL_BYTES)), tooLong);
    assert.throws(() => decodeCredentialAndPurposeKey(new Uint8Array(MAX_CREDENTIAL_BYTES + 1)), tooLong);
    assert.throws(() => credentialFromHex(toHex(new Uint8Array(MAX_CREDENTIAL_BYTES + 1))), tooLong);
    const extension = new Uint8Array(MAX_HANDSHAKE_PAYLOAD_BYTES);
    assert.throws(() => encodeIdentityAndCredentials({ ...payload, extension }), tooLong);
    assert.throws(() => decodeIdentityAndCredentials(new Uint8Array(MAX_HANDSHAKE_PAYLOAD_BYTES + 1)), tooLong);
    assert.throws(() => encodeRefreshCredentials({ ...refresh, credentials: [long(MAX_REFRESH_BYTES)] }), tooLong);
    const padded = concat(fromHex('83'), REFRESH.slice(1), new CborWriter().bytes(extension).finish());
    assert.throws(() => readRefreshCredentials(new CborReader(padded)), { code: 'CBOR_TOO_LONG' });
    const fits = encodeIdentityAndCredentials({ ...payload, extension: new Uint8Array(60_000) });
    assert.equal(decodeIdentityAndCredentials(fits).extension?.length, 60_000);
  });
});

suite('round trips', () => {
  test('of what credentials state', () => {
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    const value = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(
        fc.option(hash),
        fc.option(hash),
        u64,
        value,
        u64,
        u64,
        (subject, latest, schema, bytes, from, to) => {
          const content = {
            subject: subject === null ? undefined : identifierFromBytes(subject),
            subjectLatestChangeHash: latest === null ? undefined : changeHashFromBytes(latest),
            attributes: { schema, entries: [{ name: bytes, value: bytes }] },
            createdAt: from,
            expiresAt: to,
          };
          assert.deepEqual(decodeCredentialData(decodeVersionedData(encodeCredentialData(content)).data), content);
        },
      ),
    );
  });

  test('decoded objects do not share memory with the input', () => {
    const input = Buffer.from(PAYLOAD);
    const decoded = decodeIdentityAndCredentials(input);
    input.fill(0);
    assert.deepEqual(encodeIdentityAndCredentials(decoded), PAYLOAD);
    assert.equal(decoded.extension?.constructor, Uint8Array);
  });
});
