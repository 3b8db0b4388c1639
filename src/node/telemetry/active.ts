/** Which span the code runs within: spans, calls of other processes and log records find it without being handed it. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Span } from '../../kernel/index.ts';

/** A span that others can run within. */
export interface ActiveSpan extends Span {
  readonly ended: boolean;
}

const storage = new AsyncLocalStorage<ActiveSpan>();

/** The span that this runs within; none when it has ended: what goes on afterwards, such as a listener, is no part of it. */
export function activeSpan(): Span | undefined {
  const span = storage.getStore();
  return span?.ended === false ? span : undefined;
}

/** Runs `action` within `span`. */
export function runWithin<T>(span: ActiveSpan, action: () => T): T {
  return storage.run(span, action);
}
