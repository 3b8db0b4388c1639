import type { CommandEntry } from '../../command.ts';

/** The commands of `constellation`. */
export const commands: readonly CommandEntry[] = [
  { name: 'show', summary: 'Show the Sats of a gateway', load: async () => (await import('./show.ts')).command },
];
