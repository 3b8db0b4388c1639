/**
 * Sessions: something that must stand, such as a relay or an inlet, is set up again whenever its way there is lost.
 *
 * Specification: `docs/protocol/portal.md` §8 · layer 2.
 * Read: session.ts (the loop), watch.ts (is the way still good), attempt.ts (one try under a deadline).
 * Invariants: one path at a time; what was set up is taken down before its path is closed; every wait has a deadline; a
 * session ends with its router. Tests: `session.test.ts`; end to end in `portal/` and `relay/`.
 */
export { attempt, type AttemptOptions } from './attempt.ts';
export { SessionError } from './errors.ts';
export { keepSession, type Session, type SessionOptions, type SessionPath } from './session.ts';
export { type Watch, watchPath } from './watch.ts';
