import type { CommandEntry } from '../../command.ts';

/** The commands of `sat`. */
export const commands: readonly CommandEntry[] = [
  { name: 'create', summary: 'Make a Sat of a member', load: async () => (await import('./create.ts')).command },
  {
    name: 'join',
    summary: 'Make a Sat of this machine with a ticket',
    load: async () => (await import('./join.ts')).command,
  },
  {
    name: 'profile',
    summary: 'Profile a function of a running Sat',
    load: async () => (await import('./profile.ts')).command,
  },
  { name: 'run', summary: 'Run one function in this process', load: async () => (await import('./run.ts')).command },
];
