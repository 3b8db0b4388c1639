import type { CommandEntry } from '../../command.ts';

/** The commands of `secure-channel`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Open a channel', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Close a channel', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List channels', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a channel', load: async () => (await import('./show.ts')).command },
];
