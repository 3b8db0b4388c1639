import { CborError, CborReader, CborWriter } from '../../kernel/cbor/index.ts';
import {
  type ChangeHistory,
  type Identifier,
  type Identities,
  readChangeHistory,
  writeChangeHistory,
} from '../identity/index.ts';
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

/** Ours: history and credentials of a refresh are no larger than those of a handshake. */
export const MAX_REFRESH_BYTES = 65_535;

/** What one end of an established channel sends when its credential or its history has changed (`identity.md` §12.2). */
export interface RefreshCredentials {
  /** The sender's full current history. */
  readonly history: ChangeHistory;
  /** One, as the reference sends it. */
  readonly credentials: readonly CredentialAndPurposeKey[];
}

/**
 * Encodes the content of a RefreshCredentials message, without the variant and padding around it.
 * @throws {CredentialError} CREDENTIAL_TOO_LONG
 */
export function encodeRefreshCredentials(refresh: RefreshCredentials): Uint8Array {
  const writer = new CborWriter(1024).array(2);
  writeChangeHistory(writer, refresh.history);
  writePresentedCredentials(writer, refresh.credentials);
  if (writer.length > MAX_REFRESH_BYTES) {
    throw new CredentialError(
      'CREDENTIAL_TOO_LONG',
      `a refresh has at most ${MAX_REFRESH_BYTES} bytes, not ${writer.length}`,
    );
  }
  return writer.finish();
}

/**
 * Reads the content of a RefreshCredentials message at the position of `reader`, which stands inside the message.
 * @throws {CborError} CBOR_TOO_LONG above {@link MAX_REFRESH_BYTES}, and whatever else the reader finds
 */
export function readRefreshCredentials(reader: CborReader): RefreshCredentials {
  const start = reader.position;
  const fields = reader.array();
  const history = fields.required('change_history', () => readChangeHistory(reader));
  const credentials = fields.required('credentials', () => readPresentedCredentials(reader));
  fields.end();
  if (reader.position - start > MAX_REFRESH_BYTES) {
    throw new CborError('CBOR_TOO_LONG', `a refresh has at most ${MAX_REFRESH_BYTES} bytes`);
  }
  return { history, credentials };
}

/**
 * Decodes the content of a RefreshCredentials message; bytes after it are ignored.
 * @throws {CredentialError} CREDENTIAL_DECODE_FAILED
 */
export function decodeRefreshCredentials(bytes: Uint8Array): RefreshCredentials {
  return decoding('refresh of credentials', () => readRefreshCredentials(new CborReader(bytes)));
}

/**
 * Takes in what `peer` sent over its channel: its history, which must be its own, then its credentials
 * (`identity.md` §12.2). Neither its purpose key nor the trust policy is asked again. A failure is logged by the caller;
 * the channel stays up.
 * @throws {IdentityError} whatever the verification of the history raises
 */
export async function acceptRefreshCredentials(
  refresh: RefreshCredentials,
  peer: Identifier,
  context: {
    readonly identities: Identities;
    readonly authorities: readonly Identifier[];
    readonly attributes: AttributeStore;
    readonly isRevoked?: RevocationCheck | undefined;
  },
): Promise<readonly PresentedCredential[]> {
  const { identities, authorities, attributes, isRevoked } = context;
  const identity = await identities.examine(refresh.history, peer);
  await identities.meet(identity);
  const credentials = await acceptPresentedCredentials(refresh.credentials, peer, {
    authorities,
    attributes,
    isRevoked,
    identityOf: identities.find,
    nowSeconds: identities.nowSeconds(),
  });
  if (credentials.some(({ accepted }) => accepted)) await identities.remember(identity);
  return credentials;
}
