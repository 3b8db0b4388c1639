/** The trace that a launcher hands on as an argument (`commands.md` §8.11). */
import { InvalidValueError } from '../arguments/invalid-value.ts';

/** Ours: characters of a context. */
const MAX_CONTEXT = 8_192;

/**
 * The `traceparent` in a context, a JSON object of texts by the names of their headers; empty when it has none. One that is malformed
 * begins a new trace (W3C Trace Context §3.2.2.2), as that of `TRACEPARENT` does.
 */
export function traceparentIn(text: string): string {
  const context = text.length > MAX_CONTEXT ? undefined : objectIn(text);
  if (context === undefined) throw new InvalidValueError('Not a JSON object.');
  const traceparent = context['traceparent'] ?? '';
  if (typeof traceparent !== 'string') throw new InvalidValueError("Its 'traceparent' is not a text.");
  return traceparent;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Not JSON at all is said as of any other text.
  }
  return undefined;
}
