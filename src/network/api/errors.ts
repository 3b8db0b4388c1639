import { CodedError } from '../../kernel/index.ts';

/** Why a request or a response between nodes could not be read, or what the other side answered instead of success. */
export class ApiError extends CodedError<'API_MALFORMED' | 'API_TOO_LARGE' | 'API_REFUSED' | 'API_NO_BODY'> {}

/** An answer other than 200; `status` and `path` are the other side's. */
export class ApiRefusal extends ApiError {
  readonly status: number;
  /** What the other side said, at most 256 characters; untrusted text. */
  readonly said: string;

  constructor(status: number, said: string, request: string) {
    super('API_REFUSED', `${request} was answered with status ${status}${said === '' ? '' : `: ${said}`}`);
    this.status = status;
    this.said = said;
  }
}
