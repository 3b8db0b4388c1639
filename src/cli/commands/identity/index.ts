import type { CommandEntry } from '../../command.ts';

/** The commands of `identity`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make an identity', load: async () => (await import('./create.ts')).command },
  {
    name: 'default',
    summary: 'Show or change the default identity',
    load: async () => (await import('./default.ts')).command,
  },
  {
    name: 'delete',
    summary: 'Delete an identity and its keys',
    load: async () => (await import('./delete.ts')).command,
  },
  { name: 'list', summary: 'List identities', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show an identity', load: async () => (await import('./show.ts')).command },
];
