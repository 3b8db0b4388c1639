/**
 * Files that describe a node, or several things to make: read, checked, and run as commands.
 *
 * Specification: `docs/commands.md` §8.10 · layer 6; loaded only when there is a file.
 * Read: document.ts (text to values with places), sections.ts (values to commands), node-file.ts, execute.ts, create-from-file.ts, recipe.ts, blocking.ts.
 * Invariants: nothing is changed before the whole file is right; unknown keys are errors; what fails takes its node with it.
 * Tests: beside the source, `testdata/` has bad files with what is said about them; end to end in test/e2e/configuration.test.ts and run.test.ts.
 */
export { untilNodesEnd } from './blocking.ts';
export { createFromFile, type FileOptions } from './create-from-file.ts';
export { type Source, sourceAt } from './source.ts';
export { runRecipe } from './recipe.ts';
