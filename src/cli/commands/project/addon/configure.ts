import type { CommandEntry } from '../../../command.ts';

/** The commands of `project addon configure`. */
export const commands: readonly CommandEntry[] = [
  {
    name: 'okta',
    summary: 'Let an identity provider say who is a member',
    load: async () => (await import('./okta.ts')).command,
  },
];
