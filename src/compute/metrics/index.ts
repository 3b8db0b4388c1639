/**
 * What is counted and measured of the calls of functions: fixed buckets, a bounded number of functions, snapshots that are plain data.
 *
 * Specification: `docs/observability.md` §2 · layer 2, no input or output, no clock.
 * Read: histogram.ts, function-statistics.ts.
 * Invariants: a call that is counted allocates nothing; nothing grows with the number of calls; no label or word comes from a guest.
 * Tests: metrics.test.ts.
 */
export { type CallCost, FunctionRecords, type FunctionStatistics, MAX_LABELS } from './function-statistics.ts';
export { DURATION_BOUNDS_MS, Histogram, type HistogramSnapshot, MEMORY_BOUNDS_BYTES } from './histogram.ts';
