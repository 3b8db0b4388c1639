/**
 * Function bodies: what is accepted in them, and how they are written anew with flag checks. Specification: `docs/protocol/wasm.md`
 * §4.2, §5.3, §5.5, §5.6. This door opens to the rest of `wasm/` only.
 * Read: function-body.ts (with opcodes.ts and control-stack.ts), body-writer.ts, flag-check.ts, branch-hints.ts, code-map.ts.
 * Invariant: only listed opcodes pass, and every loop, function and bulk operation passes a check.
 * Tests: beside each file; `../differential.test.ts` runs guests before and after, `../kill.test.ts` stops runaway ones.
 */
export { BranchHintRecorder, GivenHints } from './branch-hints.ts';
export { type CodeMap, CodeMapRecorder, originalFunction, originalOffset } from './code-map.ts';
export { FLAG_MEMORY_BYTES, yieldIndex } from './flag-check.ts';
export { FunctionRewriter } from './function-body.ts';
