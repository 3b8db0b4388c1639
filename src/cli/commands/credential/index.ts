import type { CommandEntry } from '../../command.ts';

/** The commands of `credential`. */
export const commands: readonly CommandEntry[] = [
  { name: 'issue', summary: 'Attest attributes', load: async () => (await import('./issue.ts')).command },
  { name: 'list', summary: 'List the credentials of a node', load: async () => (await import('./list.ts')).command },
  { name: 'store', summary: 'Keep a credential for a node', load: async () => (await import('./store.ts')).command },
  { name: 'verify', summary: 'Check a credential', load: async () => (await import('./verify.ts')).command },
];
