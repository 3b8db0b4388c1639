/**
 * An identity provider (OpenID Connect, paths as Okta has them) by which people become members of a project.
 *
 * Specification: `docs/protocol/project.md` §4.6, `docs/commands.md` §9.9; RFC 8628 · layer 5.
 * Read: check-provider.ts, user-info.ts (the authority's side), device-sign-in.ts (the member's side), provider-request.ts.
 * Invariants: only the configured certificate is trusted; no redirect is followed; no token is stored, logged or put into an error.
 * Tests: beside the source against a provider of our own; end to end in test/e2e/identity-provider.test.ts.
 */
export { checkProvider, readCertificate } from './check-provider.ts';
export { type DevicePrompt, signInByDevice } from './device-sign-in.ts';
export { identityProviderAt, type ProviderConfiguration } from './user-info.ts';
