import type { Entry } from '../command.ts';

/** Every noun and every command without one: a line of help, and the file that has it. The verbs of a noun are in its `index.ts`. */
export const ENTRIES: readonly Entry[] = [
  {
    name: 'demo',
    summary: 'Run a project, a gateway and Sats on this machine, with the sample application',
    load: async () => (await import('./demo/demo.ts')).command,
  },
  {
    name: 'app',
    summary: 'Build and check applications',
    commands: async () => (await import('./app/index.ts')).commands,
  },
  {
    name: 'gateway',
    summary: 'Serve applications',
    commands: async () => (await import('./gateway/index.ts')).commands,
  },
  { name: 'sat', summary: 'Run functions', commands: async () => (await import('./sat/index.ts')).commands },
  {
    name: 'constellation',
    summary: 'Watch Sats at work',
    commands: async () => (await import('./constellation/index.ts')).commands,
  },
  {
    name: 'enroll',
    summary: 'Make or join what everything else starts from: an identity and a project',
    load: async () => (await import('./enroll/enroll.ts')).command,
  },
  {
    name: 'authority',
    summary: 'Say who is a member, for a project whose node is elsewhere',
    commands: async () => (await import('./authority/index.ts')).commands,
  },
  {
    name: 'space',
    summary: 'Groups of projects of this machine',
    commands: async () => (await import('./space/index.ts')).commands,
  },
  {
    name: 'space-admin',
    summary: 'Refused: there are no accounts',
    hidden: true,
    commands: async () => (await import('./space-admin/index.ts')).commands,
  },
  {
    name: 'project',
    summary: 'Projects: who belongs together',
    commands: async () => (await import('./project/index.ts')).commands,
  },
  {
    name: 'project-admin',
    summary: 'Enrollers of a project',
    hidden: true,
    commands: async () => (await import('./project-admin/index.ts')).commands,
  },
  {
    name: 'project-member',
    summary: 'Members of a project',
    hidden: true,
    commands: async () => (await import('./project-member/index.ts')).commands,
  },
  {
    name: 'node',
    summary: 'Processes of this machine',
    commands: async () => (await import('./node/index.ts')).commands,
  },
  {
    name: 'tcp-outlet',
    summary: 'Lead to a TCP service',
    commands: async () => (await import('./tcp-outlet/index.ts')).commands,
  },
  {
    name: 'tcp-inlet',
    summary: 'Open ports that lead to outlets',
    commands: async () => (await import('./tcp-inlet/index.ts')).commands,
  },
  {
    name: 'relay',
    summary: 'Be reached through another node',
    commands: async () => (await import('./relay/index.ts')).commands,
  },
  {
    name: 'secure-channel',
    summary: 'Channels between nodes',
    commands: async () => (await import('./secure-channel/index.ts')).commands,
  },
  {
    name: 'secure-channel-listener',
    summary: 'Where nodes accept channels',
    commands: async () => (await import('./secure-channel-listener/index.ts')).commands,
  },
  {
    name: 'tcp-connection',
    summary: 'TCP connections of nodes',
    commands: async () => (await import('./tcp-connection/index.ts')).commands,
  },
  {
    name: 'tcp-listener',
    summary: 'Where nodes accept connections',
    commands: async () => (await import('./tcp-listener/index.ts')).commands,
  },
  { name: 'message', summary: 'Messages by hand', commands: async () => (await import('./message/index.ts')).commands },
  { name: 'worker', summary: 'Workers of nodes', commands: async () => (await import('./worker/index.ts')).commands },
  {
    name: 'service',
    summary: 'Simple services of nodes',
    commands: async () => (await import('./service/index.ts')).commands,
  },
  {
    name: 'flow-control',
    summary: 'Who is reached from outside',
    commands: async () => (await import('./flow-control/index.ts')).commands,
  },
  {
    name: 'identity',
    summary: 'Identities of this machine',
    commands: async () => (await import('./identity/index.ts')).commands,
  },
  {
    name: 'vault',
    summary: 'Where keys of identities are kept',
    commands: async () => (await import('./vault/index.ts')).commands,
  },
  {
    name: 'credential',
    summary: 'What identities attest about others',
    commands: async () => (await import('./credential/index.ts')).commands,
  },
  {
    name: 'policy',
    summary: 'Who may use resources of a node',
    commands: async () => (await import('./policy/index.ts')).commands,
  },
  {
    name: 'sidecar',
    summary: 'One end of a service that is reached through a relay, in one command',
    commands: async () => (await import('./sidecar/index.ts')).commands,
  },
  {
    name: 'run',
    summary: 'Make what a recipe lists',
    hidden: true,
    load: async () => (await import('./run/run.ts')).command,
  },
  {
    name: 'share',
    summary: 'Refused: there is no hosted service',
    hidden: true,
    commands: async () => (await import('./share/index.ts')).commands,
  },
  {
    name: 'subscription',
    summary: 'Refused: there is no hosted service',
    hidden: true,
    commands: async () => (await import('./subscription/index.ts')).commands,
  },
  {
    name: 'admin',
    summary: 'Refused: there is no hosted service',
    hidden: true,
    commands: async () => (await import('./admin/index.ts')).commands,
  },
  {
    name: 'status',
    summary: 'Show what there is, and what can be reached',
    load: async () => (await import('./status/status.ts')).command,
  },
  {
    name: 'reset',
    summary: 'Stop every node and delete all state of this home',
    load: async () => (await import('./reset/reset.ts')).command,
  },
  {
    name: 'completion',
    summary: 'Print the script that completes commands in a shell',
    load: async () => (await import('./completion/completion.ts')).command,
  },
  {
    name: 'environment',
    summary: 'List the environment variables that are read',
    load: async () => (await import('./environment/environment.ts')).command,
  },
  {
    name: 'markdown',
    summary: 'Write a Markdown page for each command',
    hidden: true,
    load: async () => (await import('./markdown/markdown.ts')).command,
  },
  {
    name: 'manpages',
    summary: 'Write a page of the manual for each command',
    hidden: true,
    load: async () => (await import('./manpages/manpages.ts')).command,
  },
  {
    name: 'process',
    summary: 'What background processes do',
    hidden: true,
    commands: async () => (await import('./process/index.ts')).commands,
  },
];
