import type { CommandGroup } from '../command.ts';

/** Every command: noun, verb, one line of help, and the file that has it. */
export const GROUPS: readonly CommandGroup[] = [
  {
    name: 'demo',
    summary: 'Show the whole of it on this machine',
    commands: [
      {
        name: 'demo',
        summary: 'Run a project, a gateway and Sats on this machine, with the sample application',
        load: async () => (await import('./demo/demo.ts')).command,
      },
    ],
  },
  {
    name: 'app',
    summary: 'Build and check applications',
    commands: [
      {
        name: 'build',
        summary: 'Compile every function and write the bundle',
        load: async () => (await import('./app/build.ts')).command,
      },
      {
        name: 'check',
        summary: 'Say everything that is wrong, and what each function may do',
        load: async () => (await import('./app/check.ts')).command,
      },
    ],
  },
  {
    name: 'gateway',
    summary: 'Serve applications',
    commands: [
      {
        name: 'create',
        summary: 'Serve a bundle over HTTP',
        load: async () => (await import('./gateway/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Stop and remove a gateway',
        load: async () => (await import('./gateway/delete.ts')).command,
      },
      {
        name: 'deploy',
        summary: 'Serve another bundle',
        load: async () => (await import('./gateway/deploy.ts')).command,
      },
      { name: 'list', summary: 'List gateways', load: async () => (await import('./gateway/list.ts')).command },
      {
        name: 'show',
        summary: 'Show what a gateway does',
        load: async () => (await import('./gateway/show.ts')).command,
      },
    ],
  },
  {
    name: 'sat',
    summary: 'Run functions',
    commands: [
      {
        name: 'create',
        summary: 'Make a Sat of a member',
        load: async () => (await import('./sat/create.ts')).command,
      },
      {
        name: 'join',
        summary: 'Make a Sat of this machine with a ticket',
        load: async () => (await import('./sat/join.ts')).command,
      },
      {
        name: 'run',
        summary: 'Run one function in this process',
        load: async () => (await import('./sat/run.ts')).command,
      },
    ],
  },
  {
    name: 'constellation',
    summary: 'Watch Sats at work',
    commands: [
      {
        name: 'show',
        summary: 'Show the Sats of a gateway',
        load: async () => (await import('./constellation/show.ts')).command,
      },
    ],
  },
  {
    name: 'project',
    summary: 'Projects: who belongs together',
    commands: [
      {
        name: 'create',
        summary: 'Make a project on this machine',
        load: async () => (await import('./project/create.ts')).command,
      },
      {
        name: 'default',
        summary: 'Show or change the default project',
        load: async () => (await import('./project/default.ts')).command,
      },
      { name: 'delete', summary: 'Forget a project', load: async () => (await import('./project/delete.ts')).command },
      {
        name: 'enroll',
        summary: 'Become a member of a project',
        load: async () => (await import('./project/enroll.ts')).command,
      },
      { name: 'list', summary: 'List projects', load: async () => (await import('./project/list.ts')).command },
      {
        name: 'logs',
        summary: "Print the path of a project's log",
        load: async () => (await import('./project/logs.ts')).command,
      },
      { name: 'show', summary: 'Show a project', load: async () => (await import('./project/show.ts')).command },
      {
        name: 'start',
        summary: 'Start a project that is hosted here',
        load: async () => (await import('./project/start.ts')).command,
      },
      {
        name: 'stop',
        summary: 'Stop a project that is hosted here',
        load: async () => (await import('./project/stop.ts')).command,
      },
      { name: 'ticket', summary: 'Invite a member', load: async () => (await import('./project/ticket.ts')).command },
    ],
  },
  {
    name: 'project-member',
    summary: 'Members of a project',
    hidden: true,
    commands: [
      {
        name: 'add',
        summary: 'Make somebody a member',
        load: async () => (await import('./project-member/add.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Delete a member',
        load: async () => (await import('./project-member/delete.ts')).command,
      },
      { name: 'list', summary: 'List members', load: async () => (await import('./project-member/list.ts')).command },
      {
        name: 'list-ids',
        summary: 'List identifiers of members',
        load: async () => (await import('./project-member/list-ids.ts')).command,
      },
      { name: 'show', summary: 'Show a member', load: async () => (await import('./project-member/show.ts')).command },
    ],
  },
  {
    name: 'node',
    summary: 'Processes of this machine',
    commands: [
      { name: 'create', summary: 'Make a node', load: async () => (await import('./node/create.ts')).command },
      {
        name: 'default',
        summary: 'Show or change the default node',
        load: async () => (await import('./node/default.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Stop and remove a node',
        load: async () => (await import('./node/delete.ts')).command,
      },
      { name: 'list', summary: 'List nodes', load: async () => (await import('./node/list.ts')).command },
      {
        name: 'logs',
        summary: "Print the path of a node's log",
        load: async () => (await import('./node/logs.ts')).command,
      },
      { name: 'show', summary: 'Show a node', load: async () => (await import('./node/show.ts')).command },
      { name: 'start', summary: 'Start a stopped node', load: async () => (await import('./node/start.ts')).command },
      { name: 'stop', summary: 'Stop a node', load: async () => (await import('./node/stop.ts')).command },
    ],
  },
  {
    name: 'tcp-outlet',
    summary: 'Lead to a TCP service',
    commands: [
      {
        name: 'create',
        summary: 'Make an outlet',
        load: async () => (await import('./tcp-outlet/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Delete an outlet',
        load: async () => (await import('./tcp-outlet/delete.ts')).command,
      },
      {
        name: 'list',
        summary: 'List outlets',
        load: async () => (await import('./tcp-outlet/list.ts')).command,
      },
      {
        name: 'show',
        summary: 'Show an outlet',
        load: async () => (await import('./tcp-outlet/show.ts')).command,
      },
    ],
  },
  {
    name: 'tcp-inlet',
    summary: 'Open ports that lead to outlets',
    commands: [
      {
        name: 'create',
        summary: 'Make an inlet',
        load: async () => (await import('./tcp-inlet/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Delete an inlet',
        load: async () => (await import('./tcp-inlet/delete.ts')).command,
      },
      {
        name: 'list',
        summary: 'List inlets',
        load: async () => (await import('./tcp-inlet/list.ts')).command,
      },
      {
        name: 'show',
        summary: 'Show an inlet',
        load: async () => (await import('./tcp-inlet/show.ts')).command,
      },
    ],
  },
  {
    name: 'relay',
    summary: 'Be reached through another node',
    commands: [
      {
        name: 'create',
        summary: 'Make a node reachable',
        load: async () => (await import('./relay/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Delete a relay',
        load: async () => (await import('./relay/delete.ts')).command,
      },
      {
        name: 'list',
        summary: 'List relays',
        load: async () => (await import('./relay/list.ts')).command,
      },
      {
        name: 'show',
        summary: 'Show a relay',
        load: async () => (await import('./relay/show.ts')).command,
      },
    ],
  },
  {
    name: 'secure-channel',
    summary: 'Channels between nodes',
    commands: [
      {
        name: 'create',
        summary: 'Open a channel',
        load: async () => (await import('./secure-channel/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Close a channel',
        load: async () => (await import('./secure-channel/delete.ts')).command,
      },
      { name: 'list', summary: 'List channels', load: async () => (await import('./secure-channel/list.ts')).command },
      { name: 'show', summary: 'Show a channel', load: async () => (await import('./secure-channel/show.ts')).command },
    ],
  },
  {
    name: 'secure-channel-listener',
    summary: 'Where nodes accept channels',
    commands: [
      {
        name: 'create',
        summary: 'Accept channels at an address',
        load: async () => (await import('./secure-channel-listener/create.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Accept no more',
        load: async () => (await import('./secure-channel-listener/delete.ts')).command,
      },
      {
        name: 'list',
        summary: 'List listeners',
        load: async () => (await import('./secure-channel-listener/list.ts')).command,
      },
      {
        name: 'show',
        summary: 'Show a listener',
        load: async () => (await import('./secure-channel-listener/show.ts')).command,
      },
    ],
  },
  {
    name: 'tcp-connection',
    summary: 'TCP connections of nodes',
    commands: [
      { name: 'create', summary: 'Connect', load: async () => (await import('./tcp-connection/create.ts')).command },
      { name: 'delete', summary: 'Disconnect', load: async () => (await import('./tcp-connection/delete.ts')).command },
      {
        name: 'list',
        summary: 'List connections',
        load: async () => (await import('./tcp-connection/list.ts')).command,
      },
      {
        name: 'show',
        summary: 'Show a connection',
        load: async () => (await import('./tcp-connection/show.ts')).command,
      },
    ],
  },
  {
    name: 'tcp-listener',
    summary: 'Where nodes accept connections',
    commands: [
      { name: 'create', summary: 'Listen', load: async () => (await import('./tcp-listener/create.ts')).command },
      {
        name: 'delete',
        summary: 'Listen no more',
        load: async () => (await import('./tcp-listener/delete.ts')).command,
      },
      { name: 'list', summary: 'List listeners', load: async () => (await import('./tcp-listener/list.ts')).command },
      { name: 'show', summary: 'Show a listener', load: async () => (await import('./tcp-listener/show.ts')).command },
    ],
  },
  {
    name: 'message',
    summary: 'Messages by hand',
    commands: [
      {
        name: 'send',
        summary: 'Send a message and print the answer',
        load: async () => (await import('./message/send.ts')).command,
      },
    ],
  },
  {
    name: 'worker',
    summary: 'Workers of nodes',
    commands: [{ name: 'list', summary: 'List workers', load: async () => (await import('./worker/list.ts')).command }],
  },
  {
    name: 'service',
    summary: 'Simple services of nodes',
    commands: [
      { name: 'list', summary: 'List services', load: async () => (await import('./service/list.ts')).command },
      { name: 'start', summary: 'Start a service', load: async () => (await import('./service/start.ts')).command },
    ],
  },
  {
    name: 'flow-control',
    summary: 'Who is reached from outside',
    commands: [
      {
        name: 'add-consumer',
        summary: 'Let messages that come in reach a worker',
        load: async () => (await import('./flow-control/add-consumer.ts')).command,
      },
    ],
  },
  {
    name: 'identity',
    summary: 'Identities of this machine',
    commands: [
      { name: 'create', summary: 'Make an identity', load: async () => (await import('./identity/create.ts')).command },
      {
        name: 'default',
        summary: 'Show or change the default identity',
        load: async () => (await import('./identity/default.ts')).command,
      },
      {
        name: 'delete',
        summary: 'Delete an identity and its keys',
        load: async () => (await import('./identity/delete.ts')).command,
      },
      { name: 'list', summary: 'List identities', load: async () => (await import('./identity/list.ts')).command },
      { name: 'show', summary: 'Show an identity', load: async () => (await import('./identity/show.ts')).command },
    ],
  },
  {
    name: 'vault',
    summary: 'Where keys of identities are kept',
    commands: [
      { name: 'create', summary: 'Make a vault', load: async () => (await import('./vault/create.ts')).command },
      {
        name: 'delete',
        summary: 'Delete a vault without identities',
        load: async () => (await import('./vault/delete.ts')).command,
      },
      { name: 'list', summary: 'List vaults', load: async () => (await import('./vault/list.ts')).command },
      {
        name: 'move',
        summary: 'Move the file of a vault',
        load: async () => (await import('./vault/move.ts')).command,
      },
      { name: 'show', summary: 'Show a vault', load: async () => (await import('./vault/show.ts')).command },
    ],
  },
  {
    name: 'credential',
    summary: 'What identities attest about others',
    commands: [
      {
        name: 'issue',
        summary: 'Attest attributes',
        load: async () => (await import('./credential/issue.ts')).command,
      },
      {
        name: 'list',
        summary: 'List the credentials of a node',
        load: async () => (await import('./credential/list.ts')).command,
      },
      {
        name: 'store',
        summary: 'Keep a credential for a node',
        load: async () => (await import('./credential/store.ts')).command,
      },
      {
        name: 'verify',
        summary: 'Check a credential',
        load: async () => (await import('./credential/verify.ts')).command,
      },
    ],
  },
  {
    name: 'policy',
    summary: 'Who may use resources of a node',
    commands: [
      { name: 'create', summary: 'Set a policy', load: async () => (await import('./policy/create.ts')).command },
      { name: 'delete', summary: 'Take a policy back', load: async () => (await import('./policy/delete.ts')).command },
      { name: 'list', summary: 'List policies', load: async () => (await import('./policy/list.ts')).command },
      { name: 'show', summary: 'Show a policy', load: async () => (await import('./policy/show.ts')).command },
    ],
  },
  {
    name: 'run',
    summary: 'Make what a recipe lists',
    hidden: true,
    commands: [
      { name: 'run', summary: 'Make what a recipe lists', load: async () => (await import('./run/run.ts')).command },
    ],
  },
  {
    name: 'reset',
    summary: 'Delete all state',
    commands: [
      {
        name: 'reset',
        summary: 'Stop every node and delete all state of this home',
        load: async () => (await import('./reset/reset.ts')).command,
      },
    ],
  },
  {
    name: 'process',
    summary: 'What background processes do',
    hidden: true,
    commands: [
      {
        name: 'run',
        summary: 'Run a recorded node or project in this process',
        load: async () => (await import('./process/run.ts')).command,
      },
    ],
  },
];
