import type { CallResult } from '../../compute/sandbox/index.ts';
import type { Span, Tracing } from '../../kernel/index.ts';

/** Begins the span of a call, which goes on with the gateway's trace (`constellation.md` §6.1). */
export function beginCall(
  tracing: Tracing | undefined,
  { name, requestId, trace }: { readonly name: string; readonly requestId: string; readonly trace: string },
): Span | undefined {
  return tracing?.begin(name, { kind: 'server', parent: trace, attributes: { 'perigee.request_id': requestId } });
}

/** Ends the span of a call with what it used. */
export function endCall(span: Span, { usage, ...result }: CallResult): void {
  span.set('perigee.cpu_ms', usage.cpuMs);
  span.set('perigee.queue_ms', usage.queueMs);
  span.set('perigee.memory_bytes', usage.memoryBytes);
  if (result.kind === 'failure') span.end(result.code);
  else span.end(result.kind === 'guest-error' ? 'function-error' : undefined);
}
