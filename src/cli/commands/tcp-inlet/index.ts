import type { CommandEntry } from '../../command.ts';

/** The commands of `tcp-inlet`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make an inlet', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Delete an inlet', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List inlets', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show an inlet', load: async () => (await import('./show.ts')).command },
];
