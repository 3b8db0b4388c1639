import type { CommandEntry } from '../../command.ts';

/** The commands of `tcp-listener`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Listen', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Listen no more', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List listeners', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a listener', load: async () => (await import('./show.ts')).command },
];
