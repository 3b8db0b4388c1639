/**
 * Coded errors, by themselves: what a short command loads of this room (`docs/hardening.md` §6). All others take them from `kernel/`.
 *
 * Layer 0, no input or output. Read: errors.ts.
 * Invariants: a code is never renamed or reused. Tests: errors.test.ts.
 */
export { CodedError, type CodedErrorOptions, hasCode, quoted } from './errors.ts';
