/** The credentials of `docs/interop.md`: what a stock command issued, and one of ours that it accepted. They need no peer. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  attributeTexts,
  credentialFromHex,
  credentialToHex,
  decodeCredentialData,
  verifyCredential,
} from '../../src/trust/credential/index.ts';
import { changeHistoryFromHex, decodeVersionedData, verifyHistory } from '../../src/trust/identity/index.ts';

const document = readFileSync(new URL('../../docs/interop.md', import.meta.url), 'utf8');
const vector = (name: string): string => {
  const row = document.split('\n').find((line) => line.startsWith(`| ${name}`));
  return /`([0-9a-f]{100,})` \|$/.exec(row ?? '')?.[1] ?? assert.fail(`no vector ${name}`);
};

suite('the vectors of interop.md', () => {
  test('a credential that stock 0.139 issued is valid, to its last second', async () => {
    const issuer = verifyHistory(changeHistoryFromHex(vector('change history of the stock identity')));
    const credential = credentialFromHex(vector('stock, `city`'));
    const verifiedAt = (nowSeconds: number) =>
      verifyCredential(credential, {
        authorities: [issuer.identifier],
        identityOf: async (identifier) => (identifier === issuer.identifier ? issuer : undefined),
        nowSeconds,
      });
    const verified = await verifiedAt(1_796_026_400);
    assert.deepEqual(
      [...attributeTexts(verified.attributes)],
      [
        ['a', 'b=c'],
        ['city', 'Lima'],
      ],
    );
    assert.notEqual(verified.subjectLatestChangeHash, undefined);
    await verifiedAt(Number(verified.expiresAt));
    await assert.rejects(verifiedAt(Number(verified.expiresAt) + 1), { code: 'CREDENTIAL_VERIFICATION_FAILED' });
    assert.equal(credentialToHex(credential), vector('stock, `city`'));
  });

  test('one of ours about a subject that nobody knows names no change of it', () => {
    const hex = vector('ours, `city`');
    const credential = credentialFromHex(hex);
    const data = decodeCredentialData(decodeVersionedData(credential.credential.data).data);
    assert.equal(data.subject, `I${'5a'.repeat(32)}`);
    assert.equal(data.subjectLatestChangeHash, undefined);
    assert.equal(credentialToHex(credential), hex);
  });
});
