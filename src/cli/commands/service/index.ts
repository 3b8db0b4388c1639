import type { CommandEntry } from '../../command.ts';

/** The commands of `service`. */
export const commands: readonly CommandEntry[] = [
  { name: 'list', summary: 'List services', load: async () => (await import('./list.ts')).command },
  { name: 'start', summary: 'Start a service', load: async () => (await import('./start.ts')).command },
];
