import { CodedError } from '../../kernel/index.ts';

/** Why a transport cannot listen, connect or read a stream. */
export class TransportError extends CodedError<
  | 'TRANSPORT_INVALID_ADDRESS'
  | 'TRANSPORT_LISTEN_FAILED'
  | 'TRANSPORT_CONNECT_FAILED'
  | 'TRANSPORT_CONNECT_TIMED_OUT'
  | 'TRANSPORT_STOPPED'
  | 'TRANSPORT_WRONG_VERSION'
  | 'TRANSPORT_FRAME_TOO_LARGE'
  | 'TRANSPORT_UNREAD'
> {}
