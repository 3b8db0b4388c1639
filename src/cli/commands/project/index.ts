import type { Entry } from '../../command.ts';

/** The commands of `project`. */
export const commands: readonly Entry[] = [
  {
    name: 'addon',
    summary: 'What a project has besides',
    commands: async () => (await import('./addon/index.ts')).commands,
  },
  {
    name: 'create',
    summary: 'Make a project on this machine',
    load: async () => (await import('./create.ts')).command,
  },
  {
    name: 'default',
    summary: 'Show or change the default project',
    load: async () => (await import('./default.ts')).command,
  },
  { name: 'delete', summary: 'Forget a project', load: async () => (await import('./delete.ts')).command },
  { name: 'enroll', summary: 'Become a member of a project', load: async () => (await import('./enroll.ts')).command },
  {
    name: 'import',
    summary: 'Make a project known from a file',
    load: async () => (await import('./import.ts')).command,
  },
  {
    name: 'information',
    summary: 'Show a project',
    hidden: true,
    load: async () => (await import('./information.ts')).command,
  },
  { name: 'list', summary: 'List projects', load: async () => (await import('./list.ts')).command },
  { name: 'logs', summary: "Print the path of a project's log", load: async () => (await import('./logs.ts')).command },
  { name: 'show', summary: 'Show a project', load: async () => (await import('./show.ts')).command },
  {
    name: 'start',
    summary: 'Start a project that is hosted here',
    load: async () => (await import('./start.ts')).command,
  },
  {
    name: 'stop',
    summary: 'Stop a project that is hosted here',
    load: async () => (await import('./stop.ts')).command,
  },
  { name: 'ticket', summary: 'Invite a member', load: async () => (await import('./ticket.ts')).command },
  {
    name: 'version',
    summary: 'Print versions of the default project and of this program',
    load: async () => (await import('./version.ts')).command,
  },
];
