/**
 * Secrets at rest: `nonce (12 random bytes) ‖ AES-256-GCM(wrapping key, nonce, aad, secret) ‖ tag`, 60 bytes in all.
 * The associated data names algorithm and public key, so that records cannot be exchanged for each other. Random nonces allow
 * 2³² secrets under one wrapping key.
 */
import { concat, type RandomSource, utf8 } from '../../kernel/index.ts';
import { AEAD_NONCE_LENGTH, aeadOpen, aeadSeal, importPrivateKey, type PrivateKey } from '../crypto/index.ts';
import { keyHandle, type VaultKey } from './contract.ts';
import { VaultError } from './errors.ts';
import type { SecretRecord } from './secret-store.ts';

const DOMAIN = 'perigee vault secret 1';

/** The record that keeps `secret`, wrapped when there is a wrapping key. The record's bytes are its own. */
export function recordOf(
  key: VaultKey,
  secret: Uint8Array,
  wrappingKey: Uint8Array | undefined,
  random: RandomSource,
): SecretRecord {
  const { handle, algorithm, publicKey } = key;
  if (wrappingKey === undefined) return { handle, algorithm, publicKey, protection: 'plain', secret: secret.slice() };
  const nonce = random(AEAD_NONCE_LENGTH);
  const sealed = aeadSeal(wrappingKey, nonce, associatedData(key), secret);
  return { handle, algorithm, publicKey, protection: 'wrapped', secret: concat(nonce, sealed) };
}

/**
 * The private key of a record, whose bytes are wiped. A record that does not yield the key it names is refused: otherwise whoever
 * can write to the store could have a known key used in place of an unknown one.
 * @throws {VaultError} VAULT_RECORD_CORRUPT, VAULT_WRAPPING_KEY_MISSING
 */
export function privateKeyOf(record: SecretRecord, wrappingKey: Uint8Array | undefined): PrivateKey {
  if (record.protection === 'wrapped' && wrappingKey === undefined)
    throw new VaultError('VAULT_WRAPPING_KEY_MISSING', `the secret of key ${record.handle} is wrapped`, {
      remedy: 'Open the vault with the wrapping key it was created with.',
    });
  const secret = unwrap(record, wrappingKey);
  try {
    const key = importPrivateKey(record.algorithm, secret);
    if (keyHandle(key.publicKey) !== record.handle) throw corrupt(record);
    return key;
  } catch (cause) {
    throw cause instanceof VaultError ? cause : corrupt(record, cause);
  } finally {
    secret.fill(0);
    record.secret.fill(0);
  }
}

function unwrap(record: SecretRecord, wrappingKey: Uint8Array | undefined): Uint8Array {
  if (record.protection === 'plain' || wrappingKey === undefined) return record.secret;
  const nonce = record.secret.subarray(0, AEAD_NONCE_LENGTH);
  try {
    return aeadOpen(wrappingKey, nonce, associatedData(record), record.secret.subarray(AEAD_NONCE_LENGTH));
  } catch (cause) {
    throw corrupt(record, cause);
  }
}

function associatedData(key: VaultKey): Uint8Array {
  return concat(utf8(`${DOMAIN} ${key.algorithm} `), key.publicKey);
}

function corrupt(record: SecretRecord, cause?: unknown): VaultError {
  return new VaultError('VAULT_RECORD_CORRUPT', `the record of key ${record.handle} does not hold that key`, { cause });
}
