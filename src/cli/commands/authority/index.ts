import type { CommandEntry } from '../../command.ts';

/** The commands of `authority`; `node` has those for what runs. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Run an authority', load: async () => (await import('./create.ts')).command },
];
