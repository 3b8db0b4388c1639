import type { CommandEntry } from '../../command.ts';

/** The commands of `policy`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Set a policy', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Take a policy back', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List policies', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a policy', load: async () => (await import('./show.ts')).command },
];
