/**
 * What must hold before a member of a project becomes a gateway or a Sat of this machine, and its record.
 *
 * Specification: `docs/commands.md` §10.1, §10.2 · layer 5.
 * Read: members.ts.
 * Invariants: nothing is recorded that the authority does not attest; a bundle that cannot be read is not kept.
 * Tests: end to end in test/e2e/constellation.test.ts.
 */
export { forgetNode, type NewMember, recordGateway, recordSat } from './members.ts';
export { readCeiling } from '../sat/ceiling.ts';
