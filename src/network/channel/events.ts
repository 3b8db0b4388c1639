import type { Identifier } from '../../trust/identity/index.ts';
import type { Role } from '../../trust/noise/index.ts';
import type { PeerKind } from './recognition.ts';

/**
 * What happens to channels, for the local log. The peer learns none of it (`secure-channel.md` §9): a refused handshake
 * and a lost one look the same from outside.
 */
export type ChannelEvent = { readonly channel: string; readonly role: Role } & (
  | { readonly kind: 'established'; readonly peer: Identifier; readonly peerKind: PeerKind }
  /** The handshake ends: the code and the words of the check that failed. */
  | { readonly kind: 'handshake-refused'; readonly code: string; readonly reason: string; readonly peer?: Identifier }
  | { readonly kind: 'handshake-timed-out' }
  /** A responder made room for newer ones. */
  | { readonly kind: 'handshake-displaced' }
  /** A message that was not authentic, a replay, or not decodable; the channel or handshake goes on. */
  | { readonly kind: 'message-refused'; readonly code: string; readonly reason: string }
  /** A credential that was presented does not count. */
  | { readonly kind: 'credential-refused'; readonly peer: Identifier; readonly code: string; readonly reason: string }
  /** A new credential or history could not be taken in, or our own not sent. */
  | { readonly kind: 'refresh-failed'; readonly peer: Identifier; readonly code: string; readonly reason: string }
  | { readonly kind: 'refreshed'; readonly peer: Identifier }
  | { readonly kind: 'closed'; readonly peer: Identifier; readonly by: 'here' | 'peer' }
);

/** An event without the fields that every one has. */
export type EventOf<E> = E extends ChannelEvent ? Omit<E, 'channel' | 'role'> : never;

/** Code and words of whatever was thrown. */
export function explain(error: unknown): { readonly code: string; readonly reason: string } {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', reason: String(error) };
  const { code } = error as { code?: unknown };
  return { code: typeof code === 'string' ? code : error.name, reason: error.message };
}
