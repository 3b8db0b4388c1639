import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EMPTY, fromHex, toHex } from '../../kernel/index.ts';
import { aeadOpen, aeadSeal, hkdf2 } from '../crypto/index.ts';
import { keyHandle, MemorySecretStore, SoftwareVault } from '../vault/index.ts';
import { Handshake, type Role } from './handshake.ts';
import { nextKey } from './key-chain.ts';
import { SessionCipher } from './session-cipher.ts';
import { SymmetricState } from './symmetric-state.ts';
import { runWithVault } from './vault-steps.ts';

// The worked examples of docs/protocol/secure-channel.md, each read from its section.

test('§1.2 key derivation', () => {
  const { bytes, hex } = example('1.2');
  assert.deepEqual(hkdf2(bytes('ck'), bytes('ikm')).map(toHex), [hex('out1'), hex('out2')]);
});

test('§1.3 encryption', () => {
  const { bytes } = example('1.3');
  const [key, nonce, aad] = [bytes('key'), bytes('nonce'), bytes('aad')];
  assert.deepEqual(aeadSeal(key, nonce, aad, bytes('plain')), bytes('sealed'));
  assert.deepEqual(aeadOpen(key, nonce, aad, bytes('sealed')), bytes('plain'));
});

test('§1.4 key handles', () => {
  const { bytes, hex } = example('1.4');
  assert.equal(keyHandle(bytes('public')), hex('handle'));
});

test('§2.4 handshake with empty payloads', async () => {
  const { bytes, hex } = example('2.4');
  const open = async (role: Role): Promise<[Handshake, SoftwareVault]> => {
    const vault = new SoftwareVault({
      store: new MemorySecretStore(),
      random: () => bytes(`${role} ephemeral secret`),
    });
    const { publicKey } = await vault.importKey('x25519', bytes(`${role} static secret`));
    assert.equal(toHex(publicKey), hex(`${role} static public`));
    return [new Handshake({ role, staticKey: publicKey }), vault];
  };
  const [a, vaultA] = await open('initiator');
  const [b, vaultB] = await open('responder');

  assert.equal(toHex(a.handshakeHash), hex('h before message 1'));
  const ck = SymmetricState.initialize('OCKAM_XX_25519_AES256_GCM_SHA256', EMPTY).split();
  assert.deepEqual(ck, hkdf2(bytes('ck before message 1'), EMPTY));

  const m1 = await runWithVault(vaultA, a.write());
  assert.equal(toHex(m1), hex('message 1'));
  assert.equal(toHex(m1), hex('initiator ephemeral public'));
  assert.equal(toHex(a.handshakeHash), hex('h after message 1'));
  await runWithVault(vaultB, b.read(m1));
  const m2 = await runWithVault(vaultB, b.write());
  assert.equal(toHex(m2), hex('message 2'));
  assert.equal(toHex(m2.subarray(0, 32)), hex('responder ephemeral public'));
  await runWithVault(vaultA, a.read(m2));
  const m3 = await runWithVault(vaultA, a.write());
  assert.equal(toHex(m3), hex('message 3'));
  await runWithVault(vaultB, b.read(m3));
  const [ka, kb] = [a.finish(), b.finish()];
  assert.deepEqual([ka.receiveKey, ka.sendKey].map(toHex), [hex('k1'), hex('k2')]);
  assert.deepEqual([kb.sendKey, kb.receiveKey].map(toHex), [hex('k1'), hex('k2')]);
});

test('§4.5 data messages', () => {
  const { bytes, hex } = example('4.5');
  const initiator = new SessionCipher({ sendKey: bytes('k2'), receiveKey: bytes('k1') });
  const responder = new SessionCipher({ sendKey: bytes('k1'), receiveKey: bytes('k2') });
  for (let counter = 0; counter <= 64; counter++) {
    const plaintext = bytes(counter === 2 ? 'close' : 'plaintext');
    const message = initiator.seal(plaintext);
    if ([0, 1, 31, 32, 64].includes(counter)) assert.equal(toHex(message), hex(`I→R ${counter}`));
    if (counter === 2) assert.equal(toHex(message), hex('I→R 2, close'));
    assert.deepEqual(responder.open(message), { counter, plaintext });
  }
  assert.equal(toHex(nextKey(bytes('k2'))), hex('next(k2)'));
  assert.equal(toHex(nextKey(bytes('next(k2)'))), hex('next(next(k2))'));
  const reply = responder.seal(bytes('reply'));
  assert.equal(toHex(reply), hex('R→I 0'));
  assert.deepEqual(initiator.open(reply), { counter: 0, plaintext: bytes('reply') });
});

/** The `name  hex` lines of a section. */
function example(section: string): { hex: (name: string) => string; bytes: (name: string) => Uint8Array } {
  const file = path.join(import.meta.dirname, '../../../docs/protocol/secure-channel.md');
  const text = readFileSync(file, 'utf8').split(`### ${section} `)[1]!.split(/^##/m)[0]!;
  const lines = new Map([...text.matchAll(/^(\S.*?) {2,}([0-9a-f]+)$/gm)].map(([, name, value]) => [name!, value!]));
  const hex = (name: string): string => {
    const value = lines.get(name);
    assert.ok(value, `§${section} has a line ${name}`);
    return value;
  };
  return { hex, bytes: (name) => fromHex(hex(name)) };
}
