/**
 * The identity payload of handshake messages 2 and 3 (`identity.md` §11) and its verification (§11.1):
 * decode (1), history (2), attestation (3), static key (4), trust (5), credentials (6).
 */
import { CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import {
  type ChangeHistory,
  type Identities,
  type Identifier,
  type Identity,
  type PurposeKeyAttestation,
  type PurposeKeyAttestationData,
  readChangeHistory,
  readPurposeKeyAttestation,
  RecentByDigest,
  requireCurrentAttestation,
  verifyPurposeKeyAttestation,
  writeChangeHistory,
  writePurposeKeyAttestation,
} from '../identity/index.ts';
import { constantTimeEqual, sha256Hex } from '../crypto/index.ts';
import type { AttributeStore } from './attribute-store.ts';
import type { CredentialAndPurposeKey } from './credential.ts';
import { CredentialError, decoding } from './errors.ts';
import {
  type PresentedCredential,
  acceptPresentedCredentials,
  readPresentedCredentials,
  writePresentedCredentials,
  type RevocationCheck,
} from './presented-credentials.ts';
import type { TrustPolicy } from './trust-policy.ts';

/** A payload that was verified, with what follows from its bytes alone and is the same at any time. */
interface VerifiedPayload {
  readonly received: IdentityAndCredentials;
  /** Whose history it shows. */
  readonly identity: Identity;
  /** What its attestation states; the signature is that of `identity`. */
  readonly attestation: PurposeKeyAttestationData;
}

/**
 * The payloads of peers that were accepted, since a peer shows the same one in every handshake: decoding it and verifying its
 * signatures comes out the same each time. What depends on the time, on what else is known, on the static key of the handshake or
 * on a policy is asked anew each time ({@link verifyPeer}). One for the process: it is true of the bytes, whichever node asks.
 */
const verified = new RecentByDigest<VerifiedPayload>();

/** Specification constant: the largest handshake message (`identity.md` §11), hence the largest payload. */
export const MAX_HANDSHAKE_PAYLOAD_BYTES = 65_535;

/** How an end of a channel shows who it is (`identity.md` §11). */
export interface IdentityAndCredentials {
  readonly history: ChangeHistory;
  /** Of the kind secure-channel. */
  readonly purposeKeyAttestation: PurposeKeyAttestation;
  readonly credentials: readonly CredentialAndPurposeKey[];
  /**
   * Deviation: a fourth element, which the reference skips, for what two peers of our own kind tell each other. Opaque here.
   * To be sent only to a peer that announced itself in handshake message 1.
   */
  readonly extension?: Uint8Array | undefined;
}

/** What the payload of a peer is verified against. */
export interface PeerContext {
  readonly identities: Identities;
  /** The peer's static key that the handshake proved, 32 bytes. */
  readonly staticKey: Uint8Array;
  readonly trust: TrustPolicy;
  /** Whose credentials count; with none, presented credentials are ignored. */
  readonly authorities: readonly Identifier[];
  readonly attributes: AttributeStore;
  readonly isRevoked?: RevocationCheck | undefined;
}

/** The outcome of a verification that found no fault with the payload; `trusted: false` is our own policy's refusal. */
export type VerifiedPeer =
  | {
      readonly trusted: true;
      readonly identifier: Identifier;
      /** In the order presented. */
      readonly credentials: readonly PresentedCredential[];
      readonly extension: Uint8Array | undefined;
    }
  | { readonly trusted: false; readonly identifier: Identifier; readonly reason: string };

/**
 * Encodes the payload.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG above {@link MAX_HANDSHAKE_PAYLOAD_BYTES}
 */
export function encodeIdentityAndCredentials(payload: IdentityAndCredentials): Uint8Array {
  const writer = new CborWriter(1024).array(payload.extension === undefined ? 3 : 4);
  writeChangeHistory(writer, payload.history);
  writePurposeKeyAttestation(writer, payload.purposeKeyAttestation);
  writePresentedCredentials(writer, payload.credentials);
  if (payload.extension !== undefined) writer.bytes(payload.extension);
  checkLength(writer.length);
  return writer.finish();
}

/**
 * Decodes the payload without verifying it. Elements that are not known are skipped, and so is a fourth one that is no byte
 * string; bytes after the payload are ignored.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG, CREDENTIAL_DECODE_FAILED
 */
export function decodeIdentityAndCredentials(bytes: Uint8Array): IdentityAndCredentials {
  checkLength(bytes.length);
  const reader = new CborReader(bytes);
  return decoding(
    'identity payload',
    () => {
      const fields = reader.array();
      const history = fields.required('change_history', () => readChangeHistory(reader));
      const purposeKeyAttestation = fields.required('purpose_key_attestation', () => readPurposeKeyAttestation(reader));
      const credentials = fields.required('credentials', () => readPresentedCredentials(reader));
      const extension = fields.optional(() => readExtension(reader));
      fields.end();
      return { history, purposeKeyAttestation, credentials, extension };
    },
    '11.1/1',
  );
}

/**
 * Verifies the payload of a handshake message in the order of `identity.md` §11.1; a peer that is trusted is remembered, with
 * its history and the attributes of its valid credentials. What it throws aborts the handshake; the peer learns none of it.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG, CREDENTIAL_DECODE_FAILED; CREDENTIAL_INVALID_KEY_TYPE,
 *   CREDENTIAL_INVALID_KEY_DATA in step 4
 * @throws {IdentityError} whatever the verification of history and attestation raises
 */
export async function verifyPeer(payload: Uint8Array, context: PeerContext): Promise<VerifiedPeer> {
  const { identities } = context;
  checkLength(payload.length);
  const digest = sha256Hex(payload);
  const known = verified.find(digest);
  const shown = known === undefined ? await verifyUnknown(payload, identities) : await verifyKnown(known, identities);
  const { received, identity, attestation } = shown;
  const { identifier } = identity;
  if (attestation.publicKey.kind !== 'secure-channel') {
    throw new CredentialError('CREDENTIAL_INVALID_KEY_TYPE', 'the attested key is not for secure channels', {
      check: '11.1/4',
    });
  }
  if (!constantTimeEqual(attestation.publicKey.key, context.staticKey)) {
    throw new CredentialError('CREDENTIAL_INVALID_KEY_DATA', 'the attested key is not the one of the handshake', {
      check: '11.1/4',
    });
  }
  const decision = await context.trust(identifier);
  if (!decision.trusted) return { trusted: false, identifier, reason: decision.reason };
  // Deviation: the reference remembers the history at step 2. Here a stranger whom the policy refuses leaves nothing behind.
  await identities.meet(identity);
  if (known === undefined) verified.keep(digest, shown, payload.length);
  const credentials = await acceptPresentedCredentials(received.credentials, identifier, {
    authorities: context.authorities,
    attributes: context.attributes,
    isRevoked: context.isRevoked,
    identityOf: identities.find,
    nowSeconds: identities.nowSeconds(),
  });
  if (credentials.some(({ accepted }) => accepted)) await identities.remember(identity);
  return { trusted: true, identifier, credentials, extension: received.extension };
}

/** Steps 1 to 3 for a payload that is new to us. */
async function verifyUnknown(payload: Uint8Array, identities: Identities): Promise<VerifiedPayload> {
  const received = decodeIdentityAndCredentials(payload);
  const identity = await identities.examine(received.history);
  const attestation = await verifyPurposeKeyAttestation(received.purposeKeyAttestation, {
    expectedSubject: identity.identifier,
    identityOf: async () => identity,
    nowSeconds: identities.nowSeconds(),
  });
  return { received, identity, attestation };
}

/** What is left of them for one that was accepted before: what is known of the peer by now, and the time. */
async function verifyKnown(payload: VerifiedPayload, identities: Identities): Promise<VerifiedPayload> {
  await identities.compare(payload.identity);
  requireCurrentAttestation(payload.attestation, identities.nowSeconds());
  return payload;
}

function readExtension(reader: CborReader): Uint8Array | undefined {
  if (reader.peek() === 'bytes') return new Uint8Array(reader.bytes());
  reader.skip();
  return undefined;
}

function checkLength(bytes: number): void {
  if (bytes > MAX_HANDSHAKE_PAYLOAD_BYTES) {
    throw new CredentialError(
      'CREDENTIAL_TOO_LONG',
      `an identity payload has at most ${MAX_HANDSHAKE_PAYLOAD_BYTES} bytes, not ${bytes}`,
    );
  }
}
