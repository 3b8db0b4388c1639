/**
 * What every room stands on: coded errors, time and chance as values, bytes, shares of what is scarce.
 *
 * Layer 0, no input or output. Read: errors.ts, clock.ts, tracing.ts, bytes.ts, shares.ts, fair-line.ts, slot-map.ts; the codecs have doors of their own (`cbor/`, `bare/`).
 * Invariants: nothing here reads a clock or draws randomness. Tests beside each file; `test/support` has the virtual clock.
 */
export { BytesError, EMPTY, compare, concat, equal, fromHex, fromUtf8, toHex, utf8 } from './bytes.ts';
export { type Cancel, type Clock, type RandomSource, delay, nowSeconds } from './clock.ts';
export { CodedError, type CodedErrorOptions, hasCode, quoted } from './errors.ts';
export { FairLine } from './fair-line.ts';
export { pooledRandom } from './pooled-random.ts';
export { Shares } from './shares.ts';
export { SlotMap } from './slot-map.ts';
export {
  errorType,
  readTraceparent,
  type Span,
  type SpanOptions,
  traced,
  type TraceParent,
  type Tracing,
} from './tracing.ts';
