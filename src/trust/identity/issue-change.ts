import type { KeyAlgorithm, SigningAlgorithm } from '../crypto/index.ts';
import { type KeyHandle, type Vault, type VaultKey, keyHandle } from '../vault/index.ts';
import { type Change, type ChangeData, encodeChangeData, signedDigest } from './change.ts';
import type { ChangeHistory } from './change-history.ts';
import type { SigningPublicKey, TypedSignature } from './signing-key.ts';
import type { Identity } from './verify-history.ts';

/** Specification constant: how long an identity key may attest by default, ten years in seconds (`identity.md` §9). */
export const IDENTITY_KEY_TTL_SECONDS = 315_360_000;

/** What a new change is to state beside its key and its place in the history. */
export type ChangeTerms = Omit<ChangeData, 'previousChange' | 'primaryPublicKey'>;

/**
 * The one-change history of a new identity with `key` (`identity.md` §5.2).
 * @throws {VaultError} when the vault does not sign with `key`
 */
export async function createHistory(vault: Vault, key: VaultKey, terms: ChangeTerms): Promise<ChangeHistory> {
  const data = encodeChangeData({ ...terms, previousChange: undefined, primaryPublicKey: signingPublicKeyOf(key) });
  return [{ data, signature: await signData(vault, key.handle, data), previousSignature: undefined }];
}

/**
 * The history of `identity` with one more change that hands over to `key`, signed by the old key too (`identity.md` §5.2).
 * @throws {VaultError} when the vault does not sign with `key` or with the current key
 */
export async function extendHistory(
  vault: Vault,
  identity: Identity,
  key: VaultKey,
  terms: ChangeTerms,
): Promise<ChangeHistory> {
  const data = encodeChangeData({
    ...terms,
    previousChange: identity.latest.hash,
    primaryPublicKey: signingPublicKeyOf(key),
  });
  const change: Change = {
    data,
    signature: await signData(vault, key.handle, data),
    previousSignature: await signData(vault, primaryKeyHandle(identity), data),
  };
  return [...identity.history, change];
}

/** Where a vault that owns `identity` keeps its current key. */
export function primaryKeyHandle(identity: Identity): KeyHandle {
  return keyHandle(identity.latest.primaryPublicKey.bytes);
}

/**
 * The public side of a vault's key, as it stands in signed data.
 * @throws {TypeError} when the key is not for signatures
 */
export function signingPublicKeyOf({ algorithm, publicKey }: VaultKey): SigningPublicKey {
  return { algorithm: signingAlgorithm(algorithm), bytes: new Uint8Array(publicKey) };
}

/**
 * The signature over an envelope's `data` by the key under `handle`.
 * @throws {VaultError}
 * @throws {TypeError} when the key is not for signatures
 */
export async function signData(vault: Vault, handle: KeyHandle, data: Uint8Array): Promise<TypedSignature> {
  const algorithm = signingAlgorithm((await vault.describeKey(handle)).algorithm);
  return { algorithm, bytes: await vault.sign(handle, signedDigest(data)) };
}

function signingAlgorithm(algorithm: KeyAlgorithm): SigningAlgorithm {
  if (algorithm === 'x25519') throw new TypeError('key is an x25519 key, which does not sign');
  return algorithm;
}
