import type { CommandEntry } from '../../command.ts';

/** The commands of `secure-channel-listener`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Accept channels at an address', load: async () => (await import('./create.ts')).command },
  { name: 'delete', summary: 'Accept no more', load: async () => (await import('./delete.ts')).command },
  { name: 'list', summary: 'List listeners', load: async () => (await import('./list.ts')).command },
  { name: 'show', summary: 'Show a listener', load: async () => (await import('./show.ts')).command },
];
