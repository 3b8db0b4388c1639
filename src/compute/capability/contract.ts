/**
 * What one call of a function may ask of its host. The sandbox calls these methods and nothing else, so a capability that
 * is not granted is one that answers with a refusal. Implementations: `bind.ts` (local) and the Sat's, which asks the gateway.
 */

/** How a capability answered. A refusal is a value: its message is what the guest learns, `reason` is for the host's log. */
export type CapabilityAnswer =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly message: string; readonly reason: 'refused' | 'missing' | 'failed' };

/** `runnable-abi.md` §7.1. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** One outgoing HTTP request of a guest. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  /** In the order given; a name may repeat. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Owned by the callee from the call on. */
  readonly body: Uint8Array;
}

/** `runnable-abi.md` §7.8. */
export type QueryType = 'insert' | 'select' | 'update' | 'delete';

/** The capabilities of one call. Every method obeys `signal`, which is aborted when the call ends for any reason. */
export interface CallCapabilities {
  /** Reading and writing the request's own fields; decided without a round trip, so the sandbox enforces it itself. */
  readonly requestFields: { readonly get: boolean; readonly set: boolean; readonly responseHeaders: boolean };
  readonly log: (level: LogLevel, message: string) => void;
  /** Success: the response body of a status ≤ 299. */
  readonly fetch: (request: OutgoingRequest, signal: AbortSignal) => Promise<CapabilityAnswer>;
  readonly graphql: (endpoint: string, query: string, signal: AbortSignal) => Promise<CapabilityAnswer>;
  readonly cacheGet: (key: string, signal: AbortSignal) => Promise<CapabilityAnswer>;
  /** `ttlSeconds` ≤ 0 means no expiry. */
  readonly cacheSet: (
    key: string,
    value: Uint8Array,
    ttlSeconds: number,
    signal: AbortSignal,
  ) => Promise<CapabilityAnswer>;
  readonly staticFile: (name: string, signal: AbortSignal) => Promise<CapabilityAnswer>;
  readonly database: (
    type: QueryType | undefined,
    name: string,
    variables: readonly string[],
    signal: AbortSignal,
  ) => Promise<CapabilityAnswer>;
  /** Never an error: an unknown or forbidden name is an empty value. */
  readonly secret: (name: string, signal: AbortSignal) => Promise<CapabilityAnswer>;
}
