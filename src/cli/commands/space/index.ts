import type { CommandEntry } from '../../command.ts';

/** The commands of `space`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make a space', load: async () => (await import('./create.ts')).command },
  {
    name: 'default',
    summary: 'Show or change the default space',
    load: async () => (await import('./default.ts')).command,
  },
  { name: 'delete', summary: 'Delete a space', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List spaces', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a space', load: async () => (await import('./show.ts')).command },
];
