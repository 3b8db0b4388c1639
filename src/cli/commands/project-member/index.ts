import type { CommandEntry } from '../../command.ts';

/** The commands of `project-member`. */
export const commands: readonly CommandEntry[] = [
  { name: 'add', summary: 'Make somebody a member', load: async () => (await import('./add.ts')).command },
  { name: 'delete', summary: 'Delete a member', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List members', load: async () => (await import('./list.ts')).command },
  {
    name: 'list-ids',
    summary: 'List identifiers of members',
    load: async () => (await import('./list-ids.ts')).command,
  },
  { name: 'show', summary: 'Show a member', load: async () => (await import('./show.ts')).command },
];
