import type { Span, SpanOptions, Tracing } from '../../src/kernel/index.ts';

/** A span that a test looks at. */
export interface RecordedSpan {
  readonly name: string;
  readonly kind: string;
  readonly parent: string | undefined;
  readonly traceparent: string;
  readonly attributes: Record<string, string | number | boolean>;
  ended: boolean;
  error: string | undefined;
}

/** Spans that are kept in the order in which they began. */
export function recordedTracing(): { readonly tracing: Tracing; readonly spans: RecordedSpan[] } {
  const spans: RecordedSpan[] = [];
  const begin = (name: string, { kind = 'internal', parent, attributes }: SpanOptions = {}): Span => {
    const traceId = parent?.split('-')[1] ?? String(spans.length + 1).padStart(32, '0');
    const traceparent = `00-${traceId}-${String(spans.length + 1).padStart(16, '0')}-01`;
    const span: RecordedSpan = {
      name,
      kind,
      parent,
      traceparent,
      attributes: { ...attributes },
      ended: false,
      error: undefined,
    };
    spans.push(span);
    return {
      traceparent,
      set: (key, value) => void (span.attributes[key] = value),
      end: (error) => {
        if (span.ended) return;
        span.ended = true;
        span.error = error;
      },
      within: (action) => action(),
    };
  };
  return { tracing: { begin }, spans };
}
