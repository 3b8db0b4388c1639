import type { Vault } from '../vault/index.ts';
import { IdentityError } from './errors.ts';
import { primaryKeyHandle, signData } from './issue-change.ts';
import {
  type PurposeKeyAttestation,
  type PurposePublicKey,
  encodePurposeKeyAttestationData,
} from './purpose-key-attestation.ts';
import type { Identity } from './verify-history.ts';

/** Specification constant: how long a purpose key lives unless told otherwise, five years in seconds (`identity.md` §9). */
export const PURPOSE_KEY_TTL_SECONDS = 157_680_000;

/**
 * The statement of `identity`, whose current key is in `vault`, that `publicKey` is its own (`identity.md` §6).
 *
 * Its validity is cut to the one of the identity's latest change: a verifier refuses what reaches beyond (§8.3, rules 8 and 9).
 * @throws {IdentityError} IDENTITY_EXPIRED when the latest change no longer attests anything
 * @throws {VaultError} when the vault does not sign with the current key
 */
export async function attestPurposeKey(
  vault: Vault,
  identity: Identity,
  publicKey: PurposePublicKey,
  nowSeconds: number,
  ttlSeconds: number = PURPOSE_KEY_TTL_SECONDS,
): Promise<PurposeKeyAttestation> {
  const { identifier, latest } = identity;
  if (latest.attestationsValidUntil < nowSeconds) {
    throw new IdentityError('IDENTITY_EXPIRED', `the key of ${identifier} may no longer attest anything`, {
      remedy: 'Rotate the identity, which gives it a new key with a new validity.',
    });
  }
  const data = encodePurposeKeyAttestationData({
    subject: identifier,
    subjectLatestChangeHash: latest.hash,
    publicKey,
    createdAt: later(BigInt(nowSeconds), latest.attestationsValidFrom),
    expiresAt: earlier(BigInt(nowSeconds + ttlSeconds), latest.attestationsValidUntil),
  });
  return { data, signature: await signData(vault, primaryKeyHandle(identity), data) };
}

function later(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
