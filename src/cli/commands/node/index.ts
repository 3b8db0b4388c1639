import type { CommandEntry } from '../../command.ts';

/** The commands of `node`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make a node', load: async () => (await import('./create.ts')).command },
  {
    name: 'default',
    summary: 'Show or change the default node',
    load: async () => (await import('./default.ts')).command,
  },
  { name: 'delete', summary: 'Stop and remove a node', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List nodes', load: async () => (await import('./list.ts')).command },
  { name: 'logs', summary: "Print the path of a node's log", load: async () => (await import('./logs.ts')).command },
  { name: 'show', summary: 'Show a node', load: async () => (await import('./show.ts')).command },
  { name: 'start', summary: 'Start a stopped node', load: async () => (await import('./start.ts')).command },
  { name: 'stop', summary: 'Stop a node', load: async () => (await import('./stop.ts')).command },
];
