/**
 * Sequences: the steps of a handler, one after the other or side by side, around one request.
 *
 * Specification: docs/protocol/directive.md §5, §6.2. Layer 2, no input or output; time comes as a Clock.
 * Read: outcome.ts, request-view.ts, run.ts, http-answer.ts.
 * Invariants: a run always settles, at the latest at its deadline; a function sees its own view of the request, whose maps and bytes are replaced, never
 * changed in place; the text
 * of an internal failure never becomes part of a response.
 * Tests: run.test.ts by rule, and against a naive interpreter in run.property.test.ts.
 */
export { SequenceError } from './errors.ts';
export { errorAnswer, type HttpAnswer, httpAnswer, statusOfFailure, type StatusOfFailure } from './http-answer.ts';
export { type FunctionError, type FunctionResult, type SequenceOutcome } from './outcome.ts';
export { putChanges } from './request-view.ts';
export { type ExecuteFunction, type RunOptions, runSequence } from './run.ts';
