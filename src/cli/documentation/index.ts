/**
 * Pages about all commands, made from what they declare.
 *
 * Specification: `commands.md` §11.2. Start reading at `pages.ts`, then `markdown.ts` and `manual.ts`.
 * Invariant: hidden commands and flags are on no page.
 * End-to-end test: `test/e2e/documentation.test.ts`.
 */
export { manualPage } from './manual.ts';
export { markdownPage } from './markdown.ts';
export { commandPage, groupPage } from './pages.ts';
export { writePages } from './write-pages.ts';
