/**
 * The home: where a user's identities, nodes and projects are recorded, and where their files are.
 *
 * Specification: `docs/commands.md` §7, `docs/storage.md` · layer 5.
 * Read: home.ts, tables.ts, node-registry.ts, identity-registry.ts, project-registry.ts.
 * Invariants: directories have mode 0700; whoever runs a node has claimed its name in one transaction; the first of a kind is
 * the default one, and there is always one as long as there is any.
 * Tests: home.test.ts.
 */
export { NodeError } from '../errors.ts';
export { removeFolder } from './folder.ts';
export type { GeneralConfiguration, LaunchConfiguration, StatedAuthority } from './general-configuration.ts';
export { EnrollmentRegistry } from './enrollment-registry.ts';
export { type Home, homeDirectory, type HomeOptions, openHomeAt } from './home.ts';
export { IdentityRegistry, type NamedIdentity } from './identity-registry.ts';
export { type NodeKind, type NodeRecord, NodeRegistry, type NodeStatus } from './node-registry.ts';
export { type HostedProject, type ProjectRecord, ProjectRegistry } from './project-registry.ts';
export { type Space, SpaceRegistry } from './space-registry.ts';
export { keyFileAt, KEYLESS, passphraseIn, type SecretKey, secretKeyFrom } from './secret-key.ts';
export { type ResourceKind, type ResourceRecord, ResourceStore } from './resource-store.ts';
