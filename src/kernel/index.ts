/**
 * What every room stands on: coded errors, time and chance as values, bytes, shares of what is scarce.
 *
 * Layer 0, no input or output. Read: errors/errors.ts, clock.ts, tracing.ts, bytes/bytes.ts, shares.ts, fair-line.ts, slot-map.ts, queue.ts; the
 * codecs and IP addresses have doors of their own (`cbor/`, `bare/`, `ip/`).
 * Invariants: nothing here reads a clock or draws randomness. Tests beside each file; `test/support` has the virtual clock.
 */
export { BytesError, EMPTY, compare, concat, concatAll, equal, fromHex, fromUtf8, toHex, utf8 } from './bytes/index.ts';
export { GatheredBytes } from './gathered-bytes.ts';
export { type Cancel, type Clock, type RandomSource, delay, nowSeconds } from './clock.ts';
export { CodedError, type CodedErrorOptions, hasCode, quoted } from './errors/index.ts';
export { FairLine } from './fair-line.ts';
export { pooledRandom } from './pooled-random.ts';
export { Queue } from './queue.ts';
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
