import { errorType, type Span, type Tracing } from '../../kernel/index.ts';

/** Methods that name spans; a client may make up others (RFC 9110 §9, RFC 5789). */
const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
]);

/** Begins the span of a request, which goes on with its client's trace (`observability.md` §6.2). @param handler `METHOD pattern`. */
export function beginRequest(
  tracing: Tracing,
  { method, handler, traceparent }: { method: string; handler: string | undefined; traceparent: string | undefined },
): Span {
  const known = METHODS.has(method) ? method : '_OTHER';
  return tracing.begin(handler ?? (known === '_OTHER' ? 'HTTP' : known), {
    kind: 'server',
    parent: traceparent ?? '',
    attributes: {
      'http.request.method': known,
      ...(handler !== undefined && { 'http.route': handler.slice(handler.indexOf(' ') + 1) }),
    },
  });
}

/** Ends the span of a request. @param code of what went wrong at the gateway or its Sats. */
export function endRequest(
  span: Span,
  answer: {
    readonly requestId: string;
    readonly status: number;
    readonly sat: string | undefined;
    readonly code: string | undefined;
  },
): void {
  const { requestId, status, sat, code } = answer;
  span.set('http.response.status_code', status);
  span.set('perigee.request_id', requestId);
  if (sat !== undefined) span.set('perigee.sat', sat);
  span.end(code ?? (status >= 500 ? String(status) : undefined));
}

/** Runs one step of a request in a span of its own. @param call takes the `traceparent` for the Sat. */
export async function tracedStep<T extends { readonly kind: string }>(
  tracing: Tracing,
  { request, name }: { readonly request: Span; readonly name: string },
  call: (traceparent: string) => Promise<T>,
): Promise<T> {
  const span = tracing.begin(name, { kind: 'client', parent: request.traceparent });
  try {
    const result = await call(span.traceparent);
    span.end(result.kind === 'error' ? 'function-error' : undefined);
    return result;
  } catch (error) {
    span.end(errorType(error));
    throw error;
  }
}
