import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EMPTY, fromHex, toHex } from '../../kernel/index.ts';
import { hkdf2, importPrivateKey, type PrivateKey, sha256, x25519 } from '../crypto/index.ts';
import { SymmetricState } from './symmetric-state.ts';

const NAME = 'OCKAM_XX_25519_AES256_GCM_SHA256';

test('the hash before message 1', () => {
  const initial = (name: string): string => toHex(SymmetricState.initialize(name, EMPTY).h);
  assert.equal(initial(NAME), 'c6096331ab8d033b2ab45efed418e9511b63d51e0b5a9a584086ea8b5905e752');
  assert.equal(
    initial('Noise_XX_25519_AESGCM_SHA256'),
    '5df72b67b965add1168f0a6c756df21c204f7e64fc682be6a3ab4b682c8db64b',
  );
  assert.equal(initial('x'.repeat(33)), toHex(sha256(sha256(new TextEncoder().encode('x'.repeat(33))))));
});

test('the published intermediate values of the handshake with identity payloads', () => {
  const { keys, handshakes } = JSON.parse(
    readFileSync(path.join(import.meta.dirname, 'testdata/handshakes.json'), 'utf8'),
  );
  const vector = handshakes.find((one: { ck?: unknown }) => one.ck);
  const key = (name: string): PrivateKey<'x25519'> => importPrivateKey('x25519', fromHex(keys[name].secret));
  const [ei, er] = [key('initiator_ephemeral'), key('responder_ephemeral')];
  const [si, sr] = [key('initiator_static'), key('responder_static')];
  const payload = (step: number): Uint8Array => fromHex(vector.payloads[step]);
  const checkCk = (state: SymmetricState, ck: string): void =>
    assert.deepEqual(state.split().map(toHex), hkdf2(fromHex(ck), EMPTY).map(toHex));

  const state = SymmetricState.initialize(NAME, EMPTY);
  checkCk(state, vector.ck.initial);
  state.mixHash(ei.publicKey);
  state.encryptAndHash(payload(0));
  assert.equal(toHex(state.h), vector.h.afterMessage1);

  state.mixHash(er.publicKey);
  state.mixKey(x25519(er, ei.publicKey));
  state.encryptAndHash(sr.publicKey);
  state.mixKey(x25519(sr, ei.publicKey));
  state.encryptAndHash(payload(1));
  assert.equal(toHex(state.h), vector.h.afterMessage2);
  checkCk(state, vector.ck.afterMessage2);

  const staticPart = state.encryptAndHash(si.publicKey);
  assert.equal(toHex(staticPart), vector.messages[2].slice(0, 96));
  state.mixKey(x25519(si, er.publicKey));
  state.encryptAndHash(payload(2));
  assert.equal(toHex(state.h), vector.h.final);
  checkCk(state, vector.ck.final);
});

test('a failed decryption changes nothing; a copy shares nothing', () => {
  const state = SymmetricState.initialize(NAME, EMPTY);
  state.mixKey(new Uint8Array(32).fill(1));
  const copy = state.clone();
  const sealed = copy.encryptAndHash(Uint8Array.of(1, 2, 3));
  const before = state.h;
  assert.throws(() => state.decryptAndHash(sealed.with(0, sealed[0]! ^ 1)), { code: 'NOISE_DECRYPT_FAILED' });
  assert.throws(() => state.decryptAndHash(sealed.subarray(0, 5)), { code: 'NOISE_DECRYPT_FAILED' });
  assert.deepEqual(state.h, before);
  copy.wipe();
  assert.deepEqual(state.decryptAndHash(sealed), Uint8Array.of(1, 2, 3));
});

test('the result of a key agreement is wiped once it is mixed in', () => {
  const dh = new Uint8Array(32).fill(1);
  SymmetricState.initialize(NAME, EMPTY).mixKey(dh);
  assert.deepEqual(dh, new Uint8Array(32));
});
