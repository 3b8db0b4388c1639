import type { CommandEntry } from '../../command.ts';

/** The commands of `app`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'build',
    summary: 'Compile every function and write the bundle',
    load: async () => (await import('./build.ts')).command,
  },
  {
    name: 'check',
    summary: 'Say everything that is wrong, and what each function may do',
    load: async () => (await import('./check.ts')).command,
  },
];
