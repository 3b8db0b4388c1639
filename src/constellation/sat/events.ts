import type { SessionEnd } from '../session/index.ts';

/** What happens at a Sat, for its owner's log. */
export type SatEvent =
  /** The gateway could not be reached; tried again after `retryInMs`. */
  | { readonly kind: 'dial-failed'; readonly code: string; readonly reason: string; readonly retryInMs: number }
  /** The node that answered may not be our gateway; nothing was offered to it. */
  | {
      readonly kind: 'gateway-refused';
      readonly peer: string;
      readonly check: 'credential' | 'attribute' | 'policy';
      readonly reason: string;
      readonly retryInMs: number;
    }
  | { readonly kind: 'joined'; readonly gateway: string }
  | ({ readonly kind: 'left'; readonly gateway: string; readonly retryInMs: number } & SessionEnd)
  | {
      readonly kind: 'deployed';
      readonly application: string;
      readonly version: string;
      /** Functions that cannot run here, with the code of what is wrong. */
      readonly unusable: readonly { readonly name: string; readonly code: string; readonly reason: string }[];
    }
  | { readonly kind: 'module-fetched'; readonly digest: string; readonly bytes: number }
  | { readonly kind: 'cache-trouble'; readonly digest: string; readonly reason: string }
  /** A function trapped or was ended. `reason` is for logs: it tells about the inside of the function. */
  | {
      readonly kind: 'function-failed';
      readonly function: string;
      readonly requestId: string;
      readonly code: string;
      readonly reason: string;
    }
  /** A function logs faster than it may, and a line of it is lost. */
  | { readonly kind: 'log-line-dropped'; readonly function: string }
  /**
   * A query failed, for a reason that its function is not told. `droppedBefore`: so many were not reported, since they came too
   * fast.
   */
  | {
      readonly kind: 'query-failed';
      readonly function: string;
      readonly requestId: string;
      readonly query: string;
      readonly cause: unknown;
      readonly droppedBefore: number;
    }
  /** A call that broke in an unforeseen way. */
  | { readonly kind: 'call-failed'; readonly function: string; readonly reason: string };
