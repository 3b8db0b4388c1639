import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { suite, test } from 'node:test';
import { fromHex, toHex } from '../../kernel/index.ts';
import { MAX_ATTRIBUTES } from './attributes.ts';
import { credentialFromHex, credentialToHex, MAX_CREDENTIAL_BYTES } from './credential.ts';
import {
  decodeIdentityAndCredentials,
  encodeIdentityAndCredentials,
  MAX_HANDSHAKE_PAYLOAD_BYTES,
} from './handshake-payload.ts';
import { CREDENTIAL_TTL_SECONDS } from './issue-credential.ts';
import { MAX_PRESENTED_CREDENTIALS } from './presented-credentials.ts';
import { MAX_REFRESH_BYTES } from './refresh-credentials.ts';

const text = readFileSync(path.join(import.meta.dirname, '../../../docs/protocol/identity.md'), 'utf8');
const value = (name: string): string => {
  const found = new RegExp(`^${name} +([0-9a-f]+)$`, 'm').exec(text)?.[1];
  assert.ok(found, `the document has a value ${name}`);
  return found;
};

suite('docs/protocol/identity.md', () => {
  test('its credential and its payloads decode and keep their bytes', () => {
    assert.equal(credentialToHex(credentialFromHex(value('credential'))), value('credential'));
    for (const name of ['payload', 'extended']) {
      const payload = decodeIdentityAndCredentials(fromHex(value(name)));
      assert.equal(toHex(encodeIdentityAndCredentials(payload)), value(name));
      assert.deepEqual(payload.extension, name === 'extended' ? Uint8Array.of(1, 2, 3) : undefined);
    }
  });

  test('its constants are the ones of the code', () => {
    const row = (name: string): string | undefined =>
      new RegExp(`^\\| ${name} \\| (\\d+)(?: s)? \\|`, 'm').exec(text)?.[1];
    assert.equal(row('validity of a credential'), String(CREDENTIAL_TTL_SECONDS));
    for (const bound of [MAX_CREDENTIAL_BYTES, MAX_HANDSHAKE_PAYLOAD_BYTES, MAX_REFRESH_BYTES]) {
      assert.equal(row('bytes of a credential, a payload, a refresh'), String(bound));
    }
    assert.equal(row('credentials in one payload or refresh'), String(MAX_PRESENTED_CREDENTIALS));
    assert.equal(row('attributes of a credential'), String(MAX_ATTRIBUTES));
  });
});
