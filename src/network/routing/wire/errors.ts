import { CodedError } from '../../../kernel/errors/index.ts';

/** Why an address, route or message is not valid, or a request has no answer. */
export class RoutingError extends CodedError<
  | 'ROUTING_INVALID_ADDRESS'
  | 'ROUTING_INVALID_ROUTE'
  | 'ROUTING_INVALID_MESSAGE'
  | 'ROUTING_INVALID_MULTI_ADDR'
  | 'ROUTING_INVALID_HOSTNAME_PORT'
  | 'ROUTING_INVALID_FLOW_CONTROL_ID'
  | 'ROUTING_ADDRESS_IN_USE'
  | 'ROUTING_STOPPED'
  | 'ROUTING_UNDELIVERABLE'
  | 'ROUTING_REQUEST_TIMED_OUT'
> {}
