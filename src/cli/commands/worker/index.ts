import type { CommandEntry } from '../../command.ts';

/** The commands of `worker`. */
export const commands: readonly CommandEntry[] = [
  { name: 'list', summary: 'List workers', load: async () => (await import('./list.ts')).command },
];
