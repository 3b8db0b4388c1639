/**
 * Secure channels: two nodes prove who they are and talk sealed over any route, whatever the hops in between are.
 *
 * Specification: `docs/protocol/secure-channel.md` · layer 2.
 * Read: open.ts, listener.ts, handshake-end.ts, secure-channel.ts, plaintext.ts, recognition.ts.
 * Invariants: a peer is who its key proved; what fails is an event here and silence there; messages of a channel are opened
 * in the order they came; half-open handshakes are bounded in number and time; closing frees every address and key.
 * Vectors: `docs/protocol/secure-channel.md` §10, run through the workers by `vectors.test.ts`.
 */
export type { ChannelContext, ChannelEndOptions } from './context.ts';
export { type CredentialSource, noCredential } from './credential-source.ts';
export { ChannelError } from './errors.ts';
export type { ChannelEvent } from './events.ts';
export { type ChannelListener, type ChannelListenerOptions, listenForChannels } from './listener.ts';
export { openChannel, type OpenChannelOptions } from './open.ts';
export type { PeerKind } from './recognition.ts';
export type { SecureChannel } from './secure-channel.ts';
