import {
  type Context,
  ROOT_CONTEXT,
  type Span as SdkSpan,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { readTraceparent, type Span, type SpanOptions, type Tracing } from '../../kernel/index.ts';
import { type ActiveSpan, activeSpan, runWithin } from './active.ts';

const KINDS = { internal: SpanKind.INTERNAL, server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;

/** Spans that `tracer` records. */
export function tracingWith(tracer: Tracer): Tracing {
  return {
    begin: (name, options = {}) => {
      const { kind = 'internal', attributes } = options;
      return new RecordedSpan(
        tracer.startSpan(
          name,
          { kind: KINDS[kind], ...(attributes !== undefined && { attributes }) },
          parentOf(options),
        ),
      );
    },
  };
}

function parentOf({ parent }: SpanOptions): Context {
  const text = parent ?? activeSpan()?.traceparent;
  return text === undefined ? ROOT_CONTEXT : contextOf(text, parent !== undefined);
}

/** What a `traceparent` says, as the SDK takes it. @param isRemote whether it came from another process. */
export function contextOf(traceparent: string, isRemote: boolean): Context {
  const read = readTraceparent(traceparent);
  if (read === undefined) return ROOT_CONTEXT;
  const { traceId, spanId, flags } = read;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & 1, isRemote });
}

class RecordedSpan implements ActiveSpan, Span {
  readonly traceparent: string;
  readonly #span: SdkSpan;
  #ended = false;

  constructor(span: SdkSpan) {
    this.#span = span;
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  }

  get ended(): boolean {
    return this.#ended;
  }

  set = (name: string, value: string | number | boolean): void => {
    this.#span.setAttribute(name, value);
  };

  end = (error?: string): void => {
    if (this.#ended) return;
    this.#ended = true;
    if (error !== undefined) {
      this.#span.setAttribute('error.type', error);
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.#span.end();
  };

  within = <T>(action: () => T): T => runWithin(this, action);
}
