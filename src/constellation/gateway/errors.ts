import { CodedError } from '../../kernel/index.ts';

/** Why a request was not answered by its functions; `code` is in the body of the response. */
export class RequestError extends CodedError<
  /** 502: the Sat was lost and the call may have started; only idempotent requests are tried again. */
  | 'SAT_LOST'
  /** 503: no Sat is ready for the function. */
  | 'GATEWAY_NO_SAT'
  /** 503: every Sat is busy and too many calls wait, or too many requests are open. */
  | 'GATEWAY_OVERLOADED'
  /** 504. */
  | 'GATEWAY_DEADLINE'
  /** 413. */
  | 'GATEWAY_BODY_TOO_LARGE'
  /** 500: functions put more into the request than the next one can be given. */
  | 'GATEWAY_REQUEST_TOO_LARGE'
  /** 400: the target or the body of the request cannot be read. */
  | 'GATEWAY_BAD_REQUEST'
  /** Nobody reads the answer. */
  | 'GATEWAY_CLIENT_GONE'
  /** 503: there is no application yet. */
  | 'GATEWAY_NOTHING_DEPLOYED'
  /** 503: the gateway is being closed. */
  | 'GATEWAY_CLOSING'
  /** 500, or 504 for the first: how the sandbox ended the function. */
  | 'FUNCTION_DEADLINE'
  | 'FUNCTION_CPU_TIME'
  | 'FUNCTION_HOST_CALL_FLOOD'
  | 'FUNCTION_MEMORY_LIMIT'
  | 'FUNCTION_OUTPUT_TOO_LARGE'
  | 'FUNCTION_STACK'
  | 'FUNCTION_TRAP'
  | 'FUNCTION_FAILED'
> {}

/** Why a bundle is not served. */
export class GatewayError extends CodedError<
  'GATEWAY_CLOSED' | 'GATEWAY_DEPLOYMENT_INVALID' | 'GATEWAY_DEPLOYMENT_NOT_READY' | 'GATEWAY_LISTEN_FAILED'
> {}
