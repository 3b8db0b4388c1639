import { CodedError } from '../../kernel/index.ts';

/** Why a secure channel could not be opened or used. What failed at the other side is never known. */
export class ChannelError extends CodedError<
  | 'CHANNEL_TIMED_OUT'
  | 'CHANNEL_PEER_REFUSED'
  | 'CHANNEL_UNREACHABLE'
  | 'CHANNEL_NO_CREDENTIAL'
  | 'CHANNEL_CLOSED'
  | 'CHANNEL_MALFORMED_MESSAGE'
> {}
