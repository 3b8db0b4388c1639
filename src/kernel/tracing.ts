/** Traces as values that are passed in: rooms say what they do, and a node that exports traces writes it down (`observability.md` §6). */
import { CodedError } from './errors/index.ts';

/** What is known of a span when it begins. */
export interface SpanOptions {
  /** `server`: it serves what another process asked for; `client`: it waits for another process. Default: `internal`. */
  readonly kind?: 'internal' | 'server' | 'client';
  /** `traceparent` of what it is part of; one that is empty or malformed begins a new trace. Default: the span it runs within. */
  readonly parent?: string;
  /** Never payloads, keys, tickets, values of headers, query strings. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** One operation from its begin to its end. */
export interface Span {
  /** By which another process goes on with the trace (W3C Trace Context, version 00). */
  readonly traceparent: string;
  /** Sets an attribute; the same rule as for {@link SpanOptions.attributes}. */
  readonly set: (name: string, value: string | number | boolean) => void;
  /** Ends it, once: later calls have no effect. @param error code of what went wrong; nothing unless given. */
  readonly end: (error?: string) => void;
  /** Runs `action` so that spans and log records of what it does belong to this span until it ends. */
  readonly within: <T>(action: () => T) => T;
}

/** Where spans begin. Implementation: `node/telemetry`. */
export interface Tracing {
  /** Begins a span; whoever does ends it. @param name one of few: no identifiers, no paths of clients. */
  readonly begin: (name: string, options?: SpanOptions) => Span;
}

/** What a `traceparent` says (W3C Trace Context §3.2). */
export interface TraceParent {
  /** 32 hex digits, not all zero. */
  readonly traceId: string;
  /** 16 hex digits, not all zero. */
  readonly spanId: string;
  /** 8 bits; the lowest: it is recorded. */
  readonly flags: number;
}

/** Ours: characters of a `traceparent` that are looked at; version 00 has 55. */
const MAX_TRACEPARENT = 64;
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Reads a `traceparent`; undefined when it is none. */
export function readTraceparent(text: string): TraceParent | undefined {
  if (text.length > MAX_TRACEPARENT) return undefined;
  const [, version, traceId = '', spanId = '', flags = '', more] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: Number.parseInt(flags, 16) };
}

/** Runs `action` in a span of its own, which ends with it; without `tracing` just runs it. */
export async function traced<T>(
  tracing: Tracing | undefined,
  name: string,
  options: SpanOptions,
  action: (span: Span | undefined) => Promise<T>,
): Promise<T> {
  if (tracing === undefined) return action(undefined);
  const span = tracing.begin(name, options);
  try {
    const value = await span.within(() => action(span));
    span.end();
    return value;
  } catch (error) {
    span.end(errorType(error));
    throw error;
  }
}

/** What a span says about an error: its code, else its class; never its words. */
export function errorType(error: unknown): string {
  if (error instanceof CodedError) return error.code;
  return error instanceof Error ? error.name : 'Error';
}
