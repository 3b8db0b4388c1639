import { CodedError } from '../../kernel/index.ts';

/** What can go wrong around the sandbox; what goes wrong inside a call is a value, see `result.ts`. */
export type SandboxErrorCode =
  | 'SANDBOX_FLAGS'
  | 'SANDBOX_THREAD'
  | 'SANDBOX_CLOSED'
  | 'SANDBOX_BAD_LIMIT'
  | 'SANDBOX_COMPILE'
  | 'SANDBOX_PROCESS'
  | 'SANDBOX_BAD_FRAME';

/** Raised by creating a sandbox, loading a module, and by using either after its end. */
export class SandboxError extends CodedError<SandboxErrorCode> {}

/** What whoever uses a sandbox after its end is told: SANDBOX_CLOSED. */
export function closedError(): SandboxError {
  return new SandboxError('SANDBOX_CLOSED', 'the sandbox is closed');
}
