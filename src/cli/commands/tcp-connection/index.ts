import type { CommandEntry } from '../../command.ts';

/** The commands of `tcp-connection`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Connect', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Disconnect', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List connections', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a connection', load: async () => (await import('./show.ts')).command },
];
