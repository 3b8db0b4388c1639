/**
 * What a node does about credentials that their issuer has taken back: it hears of them, forgets what they said, and cuts channels.
 *
 * Specification: `docs/protocol/project.md` §8 · layer 3.
 * Read: revocation-guard.ts, revocation-watch.ts; the authority's side is `../authority/revocations.ts`.
 * Invariants: a revoked credential counts nowhere in this process, from the moment the revocation is known, over restarts; no channel
 * outlives the revocation of its peer; a revocation ends nothing that was issued later.
 * Tests: `revocation.test.ts`; end to end in test/e2e/revocation.test.ts.
 */
export { RevocationGuard, type RevocationGuardOptions } from './revocation-guard.ts';
export { type RevocationEvent, RevocationWatch, type RevocationWatchOptions } from './revocation-watch.ts';
