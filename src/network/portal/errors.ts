import { CodedError } from '../../kernel/index.ts';

/** Why a portal message cannot be read, or an inlet cannot listen. */
export class PortalError extends CodedError<
  'PORTAL_MALFORMED_MESSAGE' | 'PORTAL_INVALID_ADDRESS' | 'PORTAL_LISTEN_FAILED'
> {}
