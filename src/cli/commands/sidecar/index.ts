import type { CommandEntry } from '../../command.ts';

/** The commands of `sidecar`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'secure-relay-inlet',
    summary: 'Enroll, and open a port that leads to a service elsewhere',
    load: async () => (await import('./secure-relay-inlet.ts')).command,
  },
  {
    name: 'secure-relay-outlet',
    summary: 'Enroll, and make a service reachable through a relay',
    load: async () => (await import('./secure-relay-outlet.ts')).command,
  },
];
