import type { CommandEntry } from '../../command.ts';

/** The commands of `flow-control`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'add-consumer',
    summary: 'Let messages that come in reach a worker',
    load: async () => (await import('./add-consumer.ts')).command,
  },
];
