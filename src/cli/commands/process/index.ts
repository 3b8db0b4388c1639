import type { CommandEntry } from '../../command.ts';

/** The commands of `process`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'Run a recorded node or project in this process',
    load: async () => (await import('./run.ts')).command,
  },
];
