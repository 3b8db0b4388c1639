import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { fromHex, toHex } from '../../kernel/index.ts';
import { MAX_CHANGES, MAX_HISTORY_BYTES, changeHistoryFromHex, changeHistoryToHex } from './change-history.ts';
import { IDENTITY_KEY_TTL_SECONDS } from './issue-change.ts';
import { PURPOSE_KEY_TTL_SECONDS } from './issue-attestation.ts';
import { decodePurposeKeyAttestation, encodePurposeKeyAttestation } from './purpose-key-attestation.ts';
import { D1, D2, D4, HISTORIES, RESPONDER_PAYLOAD, S3_STAGES } from './testdata/vectors.ts';
import { verifyHistory } from './verify-history.ts';

const text = readFileSync(path.join(import.meta.dirname, '../../../docs/protocol/identity.md'), 'utf8');
const blocks = [...text.matchAll(/^```\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');
const values = (name: string): string[] =>
  blocks.flatMap((block) => [...block.matchAll(new RegExp(`^${name} +(\\S+)$`, 'gm'))].map((match) => match[1] ?? ''));

suite('docs/protocol/identity.md', () => {
  test('its histories verify to the Identifiers below them', () => {
    const histories = values('history');
    assert.equal(histories.length, 3);
    const identifiers: string[] = histories.map((hex) => {
      assert.equal(changeHistoryToHex(changeHistoryFromHex(hex)), hex);
      return verifyHistory(changeHistoryFromHex(hex)).identifier;
    });
    assert.deepEqual(identifiers.slice(0, 2), values('Identifier'));
    assert.equal(identifiers[2], identifiers[0]);
    const known = new Set(HISTORIES.map((vector) => vector.history));
    assert.ok(known.has(histories[0]!) && known.has(histories[1]!) && histories[2] === D1.history);
  });

  test('its other values are the ones the tests work with', () => {
    assert.deepEqual(values('attestation'), [D2.attestation]);
    const decoded = decodePurposeKeyAttestation(fromHex(D2.attestation));
    assert.equal(toHex(encodePurposeKeyAttestation(decoded)), D2.attestation);
    assert.deepEqual(values('VersionedData'), [S3_STAGES.versionedData, D1.versionedData, D2.versionedData]);
    assert.deepEqual(values('ChangeData'), [S3_STAGES.changeData]);
    assert.deepEqual(values('digest'), [S3_STAGES.digest, D2.digest, D4.digest]);
    assert.deepEqual(values('change hash'), [D1.changeHash]);
    assert.deepEqual(values('CredentialData'), [D4.credentialData]);
    assert.deepEqual(values('credential'), [D4.credentialAndPurposeKey]);
    assert.deepEqual(values('payload'), [RESPONDER_PAYLOAD]);
  });

  test('its constants are the ones of the code', () => {
    const row = (name: string): string | undefined =>
      new RegExp(`^\\| ${name} \\| (\\d+)(?: s)? \\|`, 'm').exec(text)?.[1];
    assert.equal(row('validity of an identity key'), String(IDENTITY_KEY_TTL_SECONDS));
    assert.equal(row('validity of a purpose key'), String(PURPOSE_KEY_TTL_SECONDS));
    assert.equal(row('bytes of a history'), String(MAX_HISTORY_BYTES));
    assert.equal(row('changes of a history'), String(MAX_CHANGES));
  });
});
