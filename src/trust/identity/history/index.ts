/**
 * Change histories by themselves: what shows an identity loads of this room, without what makes, keeps and attests them
 * (`docs/hardening.md` §6). All others take them from `trust/identity/`.
 *
 * Specification: `docs/protocol/identity.md` §5, §8.1, §10 · layer 1, no input or output.
 * Read: ../change-history.ts, ../verify-history.ts.
 * Invariants: those of the files. Tests: ../verify-history.test.ts.
 */
export { changeHistoryFromHex, changeHistoryToHex, decodeChangeHistory } from '../change-history.ts';
export { IdentityError } from '../errors.ts';
export { changeHashToBytes } from '../identifier.ts';
export { type Identity, verifyHistory } from '../verify-history.ts';
