import { CodedError } from '../../kernel/index.ts';

/** Why a peer's frames are not accepted; ends the session with a generic BYE. */
export class ProtocolError extends CodedError<
  | 'CONSTELLATION_MALFORMED_FRAME'
  | 'CONSTELLATION_UNKNOWN_FRAME'
  | 'CONSTELLATION_FRAME_TOO_LARGE'
  | 'CONSTELLATION_TOO_MANY_FRAMES'
  | 'CONSTELLATION_UNEXPECTED_FRAME'
> {}

/** What the bytes of a frame break. */
export function malformed(message: string): ProtocolError {
  return new ProtocolError('CONSTELLATION_MALFORMED_FRAME', message);
}

/** What the order of frames breaks: a frame that the other side must not send, or not now. */
export function unexpected(message: string): ProtocolError {
  return new ProtocolError('CONSTELLATION_UNEXPECTED_FRAME', message);
}
