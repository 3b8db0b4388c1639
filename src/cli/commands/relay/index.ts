import type { CommandEntry } from '../../command.ts';

/** The commands of `relay`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make a node reachable', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Delete a relay', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List relays', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a relay', load: async () => (await import('./show.ts')).command },
];
