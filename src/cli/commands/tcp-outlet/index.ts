import type { CommandEntry } from '../../command.ts';

/** The commands of `tcp-outlet`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make an outlet', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Delete an outlet', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List outlets', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show an outlet', load: async () => (await import('./show.ts')).command },
];
