import type { Tracing } from '../../kernel/index.ts';
import type { AttributeStore, RevocationCheck, TrustPolicy } from '../../trust/credential/index.ts';
import type { Identifier, Identities, PurposeKeys } from '../../trust/identity/index.ts';
import type { Vault } from '../../trust/vault/index.ts';
import type { Router } from '../routing/index.ts';
import type { CredentialSource } from './credential-source.ts';
import type { ChannelEvent } from './events.ts';
import type { SecureChannel } from './secure-channel.ts';

/** What all channels of a node are made of. */
export interface ChannelContext {
  readonly router: Router;
  readonly vault: Vault;
  readonly identities: Identities;
  readonly purposeKeys: PurposeKeys;
  readonly attributes: AttributeStore;
  /** Which credentials do not count although they are valid. Default: none. */
  readonly isRevoked?: RevocationCheck | undefined;
  /** Told of every channel that is opened, by either side. Must not throw. */
  readonly onOpen?: ((channel: SecureChannel) => void) | undefined;
  /** Where the set-up of channels that we open is written down. */
  readonly tracing?: Tracing | undefined;
  /** Told of everything that happens to channels. Must not throw. */
  readonly onEvent: (event: ChannelEvent) => void;
}

/** How one end of a channel shows itself and whom it accepts. */
export interface ChannelEndOptions {
  /** Own identity, whose key is in the vault. */
  readonly identity: Identifier;
  readonly trust: TrustPolicy;
  /** Whose credentials count; without one, credentials are ignored. */
  readonly authority?: Identifier | undefined;
  /** Default: none is presented. */
  readonly credential?: CredentialSource | undefined;
  /** Milliseconds that the handshake may take. Default 120 000 for the initiator, 30 000 for the responder. */
  readonly timeoutMs?: number | undefined;
}
