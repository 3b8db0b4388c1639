import type { CredentialAndPurposeKey } from '../../trust/credential/index.ts';

/** Where a channel gets the credential that it presents (`secure-channel.md` §8). */
export interface CredentialSource {
  /**
   * The credential to present now; undefined to present none.
   * Rejects when there should be one and none can be had: then the channel is not opened.
   */
  readonly current: () => Promise<CredentialAndPurposeKey | undefined>;
  /** Calls `listener` with each new credential until the returned function is called. */
  readonly onChange: (listener: (credential: CredentialAndPurposeKey) => void) => () => void;
}

/** Presents no credential. */
export const noCredential: CredentialSource = {
  current: () => Promise.resolve(undefined),
  onChange: () => () => undefined,
};
