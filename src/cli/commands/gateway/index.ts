import type { CommandEntry } from '../../command.ts';

/** The commands of `gateway`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Serve a bundle over HTTP', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Stop and remove a gateway', load: async () => (await import('./delete.ts')).command },
  { name: 'deploy', summary: 'Serve another bundle', load: async () => (await import('./deploy.ts')).command },
  { name: 'list', summary: 'List gateways', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show what a gateway does', load: async () => (await import('./show.ts')).command },
];
