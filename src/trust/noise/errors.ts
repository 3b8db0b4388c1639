import { CodedError } from '../../kernel/index.ts';

/** Why a handshake or data message was refused. The peer learns none of it; `code` is for the local log. */
export class NoiseError extends CodedError<
  | 'NOISE_MESSAGE_TOO_LONG'
  | 'NOISE_MESSAGE_TOO_SHORT'
  | 'NOISE_DECRYPT_FAILED'
  | 'NOISE_OUT_OF_TURN'
  | 'NOISE_NOT_COMPLETE'
  | 'NOISE_CLOSED'
  | 'NOISE_REPLAYED'
  | 'NOISE_OUTSIDE_WINDOW'
  | 'NOISE_NONCE_EXHAUSTED'
  | 'NOISE_FRAME_TOO_SMALL'
> {}
