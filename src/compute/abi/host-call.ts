/** The state of one call of a guest, as the host functions see it. */
import type { CapabilityAnswer, LogLevel, OutgoingRequest, QueryType } from '../capability/index.ts';
import { FfiSlot } from './ffi-slot.ts';
import type { RequestFields } from './request-fields.ts';

/** What a guest asks of the world outside of its thread; the fields match `CallCapabilities` of `capability/contract.ts`. */
export type Ask =
  | { readonly capability: 'fetch'; readonly request: OutgoingRequest }
  | { readonly capability: 'graphql'; readonly endpoint: string; readonly query: string }
  | { readonly capability: 'cacheGet'; readonly key: string }
  | {
      readonly capability: 'cacheSet';
      readonly key: string;
      readonly value: Uint8Array;
      readonly ttlSeconds: number;
    }
  | { readonly capability: 'staticFile'; readonly name: string }
  | {
      readonly capability: 'database';
      readonly type: QueryType | undefined;
      readonly name: string;
      readonly variables: readonly string[];
    }
  | { readonly capability: 'secret'; readonly name: string };

/** The first thing a guest reported (`runnable-abi.md` §5). */
export type Report =
  | { readonly kind: 'output'; readonly output: Uint8Array | undefined }
  | { readonly kind: 'error'; readonly code: number; readonly message: string };

/** What the host functions need from whoever runs the guest. Anything that throws must throw what a guest cannot catch. */
export interface HostPort {
  /** Called at the start of every host function; may throw to end the guest. */
  readonly count: () => void;
  /** One line for the log of this call. */
  readonly log: (level: LogLevel, message: string) => void;
  /** Suspends the guest until the answer is there. */
  readonly ask: (ask: Ask) => Promise<CapabilityAnswer>;
  /** The guest asked to end with `code`: always throws. */
  readonly exit: (code: number) => never;
  /** What made an export throw `error`. After `clean-exit`, which is `exit(0)`, the instance may be used again. */
  readonly unwound: (error: unknown) => 'clean-exit' | 'guest' | 'host';
  /** The guest reported more than it may: always throws. */
  readonly outputTooLarge: (bytes: number) => never;
  /** Fills `target` with cryptographically strong random bytes. */
  readonly random: (target: Uint8Array) => void;
  /** Wall-clock time in milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Milliseconds since an arbitrary start, with fractions. */
  readonly monotonicMs: () => number;
}

/** Bounds on what a guest hands over. */
export interface HandOverLimits {
  /** Largest result. */
  readonly outputBytes: number;
  /** Largest argument of a host function, and the sum of one call's database variables. */
  readonly argumentBytes: number;
}

/** Which of the host's own functions are granted (`capabilities.md` §4). */
export interface FieldGrants {
  readonly get: boolean;
  readonly set: boolean;
  readonly responseHeaders: boolean;
}

/** How often each of them was used without its grant. */
export type FieldDenials = Readonly<Partial<Record<'getField' | 'setField' | 'responseHeaders', number>>>;

/** One call, from the choice of its ident to its end. */
export class HostCall {
  readonly ident: number;
  readonly limits: HandOverLimits;
  readonly grants: FieldGrants;
  readonly ffi: FfiSlot = new FfiSlot();
  readonly variables: string[] = [];
  variableBytes = 0;
  report: Report | undefined;
  /** The last value that did not fit the guest's buffer, for the guest to ask again (generation 1). */
  unfetched: { readonly of: readonly unknown[]; readonly value: Uint8Array } | undefined;
  readonly #openRequest: (() => RequestFields) | undefined;
  #request: RequestFields | undefined;
  #denials: FieldDenials | undefined;

  /** @param openRequest makes the request's fields when the guest first asks for one; undefined when no request is bound. */
  constructor(
    ident: number,
    limits: HandOverLimits,
    grants: FieldGrants,
    openRequest: (() => RequestFields) | undefined,
  ) {
    this.ident = ident;
    this.limits = limits;
    this.grants = grants;
    this.#openRequest = openRequest;
  }

  /** What was refused so far; undefined when nothing was. */
  get denials(): FieldDenials | undefined {
    return this.#denials;
  }

  /** Counts one refusal. */
  deny(what: keyof FieldDenials): void {
    this.#denials = { ...this.#denials, [what]: (this.#denials?.[what] ?? 0) + 1 };
  }

  /** The request's fields; undefined when no request is bound. */
  get request(): RequestFields | undefined {
    this.#request ??= this.#openRequest?.();
    return this.#request;
  }

  /** The fields if the guest has touched them: what it changed is in there. */
  get touchedRequest(): RequestFields | undefined {
    return this.#request;
  }
}
