/**
 * How two Perigee nodes recognise each other (`secure-channel.md` §7). The initiator says who it is in the payload of
 * message 1, which any other responder ignores but hashes; a Perigee responder answers in a fourth element of its encrypted
 * identity payload. Neither can be taken out or changed without breaking the transcript.
 */

/** Specification. */
const MAGIC = [0x50, 0x47];
const VERSION = 1;
/** Longer announcements are ignored as a whole. */
const MAX_BYTES = 64;

/** What kind of node is at the other end, as it said itself inside the handshake. */
export type PeerKind = { readonly kind: 'ockam' } | { readonly kind: 'perigee'; readonly version: number };

/** A peer that did not announce itself. */
export const OCKAM_PEER: PeerKind = Object.freeze({ kind: 'ockam' });

/** The bytes of an announcement, and of the answer to one. */
export function encodeAnnouncement(): Uint8Array {
  return Uint8Array.of(...MAGIC, VERSION);
}

/** Reads an announcement or an answer; anything that is none means a peer of the other kind. */
export function decodeAnnouncement(bytes: Uint8Array | undefined): PeerKind {
  const [first, second, version] = bytes ?? [];
  if (bytes === undefined || bytes.length > MAX_BYTES || first !== MAGIC[0] || second !== MAGIC[1]) return OCKAM_PEER;
  return version === undefined || version === 0 ? OCKAM_PEER : { kind: 'perigee', version };
}
