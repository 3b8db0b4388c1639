/**
 * Names that are given to nodes, projects and spaces, and names for what is given none.
 *
 * Specification: `docs/commands.md` §6.1 · layer 5.
 * Read: names.ts, random-name.ts.
 * Invariants: a name is fit for a path. Apart from `home/`, since commands that only read are not to load it (`docs/hardening.md` §6).
 * Tests: ../home/home.test.ts.
 */
export { requireNodeName, requireProjectName, requireSpaceName } from './names.ts';
export { randomName } from './random-name.ts';
