import type { CommandEntry } from '../../command.ts';

/** The commands of `vault`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make a vault', load: async () => (await import('./create.ts')).command },
  {
    name: 'delete',
    summary: 'Delete a vault without identities',
    load: async () => (await import('./delete.ts')).command,
  },
  { name: 'list', summary: 'List vaults', load: async () => (await import('./list.ts')).command },
  { name: 'move', summary: 'Move the file of a vault', load: async () => (await import('./move.ts')).command },
  {
    name: 'seal',
    summary: 'Seal the secret keys of every vault, or change what seals them',
    load: async () => (await import('./seal.ts')).command,
  },
  { name: 'show', summary: 'Show a vault', load: async () => (await import('./show.ts')).command },
  {
    name: 'unseal',
    summary: 'Make the secret keys of every vault plain again',
    load: async () => (await import('./unseal.ts')).command,
  },
];
