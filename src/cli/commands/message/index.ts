import type { CommandEntry } from '../../command.ts';

/** The commands of `message`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'send',
    summary: 'Send a message and print the answer',
    load: async () => (await import('./send.ts')).command,
  },
];
