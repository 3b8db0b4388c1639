/** Makers of signed objects for tests, also of wrong ones: every part can be replaced before it is signed. */
import { randomBytes } from 'node:crypto';
import { fromHex } from '../../../kernel/index.ts';
import { type SigningAlgorithm, importPrivateKey, sign } from '../../crypto/index.ts';
import { MemorySecretStore, SoftwareVault } from '../../vault/index.ts';
import { type Change, type ChangeData, changeHashOf, encodeChangeData, signedDigest } from '../change.ts';
import type { ChangeHistory } from '../change-history.ts';
import {
  type PurposeKeyAttestation,
  type PurposeKeyAttestationData,
  encodePurposeKeyAttestationData,
} from '../purpose-key-attestation.ts';
import type { SigningPublicKey, TypedSignature } from '../signing-key.ts';
import type { Identity } from '../verify-history.ts';

/** A key whose secret the test knows. */
export interface TestKey {
  readonly publicKey: SigningPublicKey;
  readonly sign: (data: Uint8Array) => TypedSignature;
}

export function testKey(secretHex: string, algorithm: SigningAlgorithm = 'ed25519'): TestKey {
  const key = importPrivateKey(algorithm, fromHex(secretHex));
  return {
    publicKey: { algorithm, bytes: key.publicKey },
    sign: (data) => ({ algorithm, bytes: sign(key, signedDigest(data)) }),
  };
}

export function testVault(): SoftwareVault {
  return new SoftwareVault({ store: new MemorySecretStore(), random: (length) => new Uint8Array(randomBytes(length)) });
}

/** A vault that holds these secrets, in this order. */
export async function vaultWith(...secrets: readonly (readonly ['ed25519' | 'p256' | 'x25519', string])[]): Promise<{
  readonly vault: SoftwareVault;
  readonly keys: Awaited<ReturnType<SoftwareVault['importKey']>>[];
}> {
  const vault = testVault();
  const keys = [];
  for (const [algorithm, secret] of secrets) keys.push(await vault.importKey(algorithm, fromHex(secret)));
  return { vault, keys };
}

export const TIMES = { from: 1_700_000_000n, until: 2_015_360_000n } as const;

export function firstChange(key: TestKey, content: Partial<ChangeData> = {}): Change {
  const data = encodeChangeData({
    previousChange: undefined,
    primaryPublicKey: key.publicKey,
    revokeAllPurposeKeys: false,
    attestationsValidFrom: TIMES.from,
    attestationsValidUntil: TIMES.until,
    ...content,
  });
  return resign(data, key);
}

export function nextChange(previous: Change, old: TestKey, key: TestKey, content: Partial<ChangeData> = {}): Change {
  const { data, signature } = firstChange(key, { previousChange: changeHashOf(previous), ...content });
  return { data, signature, previousSignature: old.sign(data) };
}

/** A first change of any `data`, signed by `key`. */
export function resign(data: Uint8Array, key: TestKey): Change {
  return { data, signature: key.sign(data), previousSignature: undefined };
}

/** The history with its change at `index` replaced. */
export function withChange(history: ChangeHistory, index: number, change: Partial<Change>): ChangeHistory {
  return history.map((original, at) => (at === index ? { ...original, ...change } : original));
}

export function attestation(
  identity: Identity,
  key: TestKey,
  content: Partial<PurposeKeyAttestationData> = {},
): PurposeKeyAttestation {
  const data = encodePurposeKeyAttestationData({
    subject: identity.identifier,
    subjectLatestChangeHash: identity.latest.hash,
    publicKey: { kind: 'secure-channel', key: new Uint8Array(32).fill(9) },
    createdAt: TIMES.from,
    expiresAt: TIMES.from + 1000n,
    ...content,
  });
  return { data, signature: key.sign(data) };
}

/** Byte strings with the last bit of the last byte turned. */
export function flipped(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}
