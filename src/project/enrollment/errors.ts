import { CodedError } from '../../kernel/errors/index.ts';

/** Why a ticket or a project cannot be used, or an identity did not become a member. */
export class EnrollmentError extends CodedError<
  | 'ENROLLMENT_TICKET_TOO_LONG'
  | 'ENROLLMENT_TICKET_MALFORMED'
  | 'ENROLLMENT_TICKET_INCOMPLETE'
  | 'ENROLLMENT_TICKET_HOSTED'
  | 'ENROLLMENT_INVALID_PROJECT'
  | 'ENROLLMENT_INVALID_ROUTE'
  | 'ENROLLMENT_WRONG_IDENTITY'
  | 'ENROLLMENT_UNREACHABLE'
  | 'ENROLLMENT_REFUSED'
  | 'ENROLLMENT_INVALID_ANSWER'
  | 'ENROLLMENT_NO_CREDENTIAL'
  | 'ENROLLMENT_CLOSED'
> {}
