import { equal } from '../../kernel/index.ts';
import { type CredentialAndPurposeKey, encodeIdentityAndCredentials } from '../../trust/credential/index.ts';
import type { OwnPurposeKey } from '../../trust/identity/index.ts';

interface Encoded {
  readonly credential: CredentialAndPurposeKey | undefined;
  readonly extension: Uint8Array | undefined;
  readonly payload: Uint8Array;
}

/** What was encoded last for each key. */
const encoded = new WeakMap<OwnPurposeKey, Encoded>();

/**
 * How this end shows who it is in a handshake (`identity.md` §11): shared, not to be written to. It is the same from one handshake to
 * the next until the key or the credential changes, so it is encoded once.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG
 */
export function ownPayload(
  key: OwnPurposeKey,
  credential: CredentialAndPurposeKey | undefined,
  extension: Uint8Array | undefined,
): Uint8Array {
  const last = encoded.get(key);
  if (last !== undefined && last.credential === credential && isSame(last.extension, extension)) return last.payload;
  const payload = encodeIdentityAndCredentials({
    history: key.identity.history,
    purposeKeyAttestation: key.attestation,
    credentials: credential === undefined ? [] : [credential],
    extension,
  });
  encoded.set(key, { credential, extension, payload });
  return payload;
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : equal(a, b);
}
