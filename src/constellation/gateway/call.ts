import type { RequestView } from '../../compute/abi/index.ts';
import type { FunctionResult } from '../../compute/sequence/index.ts';
import type { DeployedFunction, Deployment } from './deployment.ts';
import type { RequestError } from './errors.ts';
import type { SatSeat } from './sat-seat.ts';

/** One HTTP request while its sequence runs. */
export interface Run {
  /** UUID v4. */
  readonly requestId: string;
  /** The client, as {@link CallerNames} names it: clients take turns. */
  readonly caller: string;
  readonly deployment: Deployment;
  /** Whether a call that may have started may be tried again: the client's method says so (RFC 9110 §9.2.2). */
  readonly idempotent: boolean;
  /** Monotonic milliseconds. */
  readonly deadlineMs: number;
  /** Calls without a result. */
  readonly calls: Set<Call>;
  /** Identifier of the Sat that answered last. */
  sat: string | undefined;
  /** Set when nothing may start any more. */
  ended: RequestError | undefined;
}

/** One call of a function, from the sequence's wish to its result, over as many Sats as it takes. */
export interface Call {
  readonly run: Run;
  readonly function: DeployedFunction;
  /** The function's own view; changed when the result comes. */
  readonly request: RequestView;
  /** `traceparent` for its Sat; empty when it is not traced. */
  readonly trace: string;
  readonly resolve: (result: FunctionResult) => void;
  readonly reject: (error: RequestError) => void;
  /** Where it is, and under which number; undefined while it waits. */
  seat: SatSeat | undefined;
  id: number;
  attempts: number;
  /** Whether it is counted among its function's calls in flight. */
  counted: boolean;
  /** Sats that would not take it or were lost with it. */
  tried: SatSeat[] | undefined;
  /** What it asks of this gateway: the controller that ends it, and how many questions are being answered. */
  asking: { readonly controller: AbortController; open: number } | undefined;
}
