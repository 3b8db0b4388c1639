/** Where own credentials are kept between runs. `conformance.ts` holds each implementation to what is said here. */
import type { Identifier } from '../../trust/identity/index.ts';

/** What a credential is found by. */
export interface CredentialKey {
  readonly subject: Identifier;
  readonly issuer: Identifier;
  /** `project-member-<id>` (`project.md` §7.1), or what the owner of the node chose. */
  readonly scope: string;
}

/** A credential in the store. */
export interface StoredCredential extends CredentialKey {
  /** Encoded, with the attestation of the key that signed it; means nothing to the store. */
  readonly credential: Uint8Array;
  /** The last Unix second at which it is valid. */
  readonly expiresAtSeconds: number;
}

/** Own credentials: at most one for each key. */
export interface CredentialStore {
  /** The credential, expired or not; its bytes belong to the caller. */
  readonly get: (key: CredentialKey) => Promise<StoredCredential | undefined>;
  /** Adds or replaces the credential of its key; bytes are read during the call only. */
  readonly put: (credential: StoredCredential) => Promise<void>;
  /** Resolves to whether there was one. */
  readonly delete: (key: CredentialKey) => Promise<boolean>;
  /** All of them, in order of subject, issuer and scope. */
  readonly list: () => Promise<readonly StoredCredential[]>;
}

/** Credentials that live as long as the process. */
export class MemoryCredentialStore implements CredentialStore {
  readonly #credentials = new Map<string, StoredCredential>();

  get(key: CredentialKey): Promise<StoredCredential | undefined> {
    const stored = this.#credentials.get(nameOf(key));
    return Promise.resolve(stored && copyOf(stored));
  }

  put(credential: StoredCredential): Promise<void> {
    this.#credentials.set(nameOf(credential), copyOf(credential));
    return Promise.resolve();
  }

  delete(key: CredentialKey): Promise<boolean> {
    return Promise.resolve(this.#credentials.delete(nameOf(key)));
  }

  list(): Promise<readonly StoredCredential[]> {
    const inOrder = [...this.#credentials].sort(([a], [b]) => (a < b ? -1 : 1));
    return Promise.resolve(inOrder.map(([, credential]) => copyOf(credential)));
  }
}

/** Identifiers have one length, so that no two keys have one name. */
function nameOf({ subject, issuer, scope }: CredentialKey): string {
  return `${subject} ${issuer} ${scope}`;
}

function copyOf(credential: StoredCredential): StoredCredential {
  return { ...credential, credential: new Uint8Array(credential.credential) };
}
