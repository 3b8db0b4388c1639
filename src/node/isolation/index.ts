/**
 * Where functions run, and what the owner of the machine grants them of it (`docs/sandbox.md` §8, §9).
 *
 * Layer 5. Read: isolation.ts, owner-grant.ts. Tests: owner-grant.test.ts.
 */
export { type Isolation, openSandbox } from './isolation.ts';
export { checkOwnerGrant, grantFor, type OwnerGrant } from './owner-grant.ts';
