import { CodedError } from '../kernel/errors/index.ts';

/** A fault of a node or of an operation on this machine. */
export class NodeError extends CodedError<
  | 'NODE_INPUT'
  | 'NODE_INVALID_NAME'
  | 'NODE_UNKNOWN'
  | 'NODE_IN_USE'
  | 'NODE_RUNNING'
  | 'NODE_NOT_RUNNING'
  | 'NODE_START_FAILED'
  | 'NODE_STOP_FAILED'
  | 'NODE_CONTROL'
  | 'NODE_HOME'
  | 'NODE_LISTEN'
  | 'NODE_PROVIDER'
  | 'NODE_ROUTE'
  | 'NODE_TELEMETRY'
  | 'NODE_VAULT'
> {}
