import type { CommandEntry } from '../../command.ts';

/** The commands of `project-admin`. */
export const commands: readonly CommandEntry[] = [
  { name: 'add', summary: 'Make a member an enroller', load: async () => (await import('./add.ts')).command },
  { name: 'delete', summary: 'Delete an enroller', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List enrollers', load: async () => (await import('./list.ts')).command },
];
