import type { Entry } from '../../../command.ts';

/** The commands of `project addon`. */
export const commands: readonly Entry[] = [
  {
    name: 'configure',
    summary: 'Give a project an add-on',
    commands: async () => (await import('./configure.ts')).commands,
  },
  { name: 'disable', summary: 'Take an add-on away', load: async () => (await import('./disable.ts')).command },
  { name: 'list', summary: 'List the add-ons of a project', load: async () => (await import('./list.ts')).command },
];
