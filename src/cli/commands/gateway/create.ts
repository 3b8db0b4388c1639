import { Option } from 'commander';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { aboutFile, readBytes } from '../../arguments/read-file.ts';
import { hostPort, policyText } from '../../arguments/checked-values.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';

type Options = {
  readonly bundle: string;
  readonly http: string;
  readonly at?: string;
  readonly tcpListenerAddress?: string;
  readonly allow?: string;
  readonly compat?: 'suborbital';
  readonly secretEnv?: readonly string[];
  readonly env?: readonly string[];
  readonly metrics?: string;
  readonly identity?: string;
  readonly foreground?: true;
};

/** `gateway create [NAME]` (`commands.md` §10.1). */
export const command: CommandDefinition<Options> = {
  about:
    'Serves an application: takes HTTP requests, and has the functions of its bundle run by the Sats that join it. Sats reach\n' +
    'it through the project, or directly when it listens for them.',
  examples: [
    ['perigee gateway create --bundle modules.wasm.zip', 'on this machine, port 8080'],
    ['perigee gateway create edge --bundle modules.wasm.zip --http 0.0.0.0:80', 'for everybody'],
    [
      'perigee gateway create --bundle modules.wasm.zip --tcp-listener-address 0.0.0.0:4100',
      'Sats may dial it directly',
    ],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the gateway, which the credentials of its Sats state', 'gateway')
      .requiredOption('--bundle <FILE>', 'the application to serve')
      .option('--http <ADDRESS:PORT>', 'where to listen for requests', hostPort, '127.0.0.1:8080')
      .option('--at </project/NAME>', 'project to belong to; the default one unless given')
      .option('-t, --tcp-listener-address <ADDRESS:PORT>', 'where Sats may dial it directly', hostPort)
      .option('--allow <EXPRESSION>', 'a further condition on the attributes of Sats', policyText)
      .addOption(new Option('--compat <MODE>', "the reference's permissive defaults").choices(['suborbital']))
      .addOption(
        new RepeatableOption('--secret-env <NAME>', 'environment variable that functions may read as a secret'),
      )
      .addOption(new RepeatableOption('--env <NAME>', 'environment variable that the Directive may name as env(NAME)'))
      .option('--metrics <ADDRESS:PORT>', 'where Prometheus may scrape; a port alone is of this machine', hostPort)
      .option('--identity <NAME>', 'identity of the gateway; the default one unless given')
      .option('-f, --foreground', 'run in this process'),
  run: (context, options, [given]) =>
    withHome(context, async (home) => {
      const [{ requireNodeName }, { recordGateway }, { startMember }] = await Promise.all([
        import('../../../node/names/index.ts'),
        import('../../../node/members/index.ts'),
        import('../../nodes/start-member.ts'),
      ]);
      const { output } = context;
      const name = requireNodeName(given ?? 'gateway');
      if (options.compat === 'suborbital')
        output.warn('--compat suborbital: functions may do what the reference lets them do by default');
      const bundle = await readBytes(options.bundle);
      const project = home.projects.get(await projectName(options.at));
      const identity = await ownIdentity(context, home, options.identity);
      const configuration = {
        http: options.http,
        listenAt: options.tcpListenerAddress,
        allow: options.allow,
        compat: options.compat,
        secretEnv: options.secretEnv ?? [],
        env: options.env ?? [],
        metrics: options.metrics,
      };
      await aboutFile(options.bundle, () => recordGateway(home, { name, identity, project, configuration }, bundle));
      await startMember(context, home, { name, foreground: options.foreground === true }, (status) => {
        const { resultStyle: style } = output;
        const lines = [`  ${style.success('✔')} Created the gateway ${style.primary(name)}`];
        if (status?.url !== undefined) lines.push(`    It serves requests at ${style.primary(status.url)}`);
        if (status?.listenAt !== undefined) lines.push(`    Sats may dial it at ${style.primary(status.listenAt)}`);
        if (status?.metrics !== undefined) lines.push(`    Its metrics are at ${style.primary(status.metrics)}`);
        if (status?.relay?.up === false) output.warn(`It is not registered at the project yet: ${status.relay.reason}`);
        lines.push(`    To invite a Sat, run: ${context.program} project ticket --sat ${name}`);
        output.result({
          plain: lines.join('\n'),
          machine: name,
          json: {
            http: status?.url ?? null,
            identifier: identity.identifier,
            name,
            project: project.name,
            ...(status?.metrics !== undefined && { metrics: status.metrics }),
          },
        });
      });
    }),
};

/** `/project/NAME`, or the name alone. */
async function projectName(at: string | undefined): Promise<string | undefined> {
  if (at === undefined) return undefined;
  const [, name] = /^(?:\/?project\/)?([^/]+)$/.exec(at) ?? [];
  if (name !== undefined) return name;
  const { NodeError } = await import('../../../node/home/index.ts');
  throw new NodeError('NODE_ROUTE', `a gateway belongs to a project: ${at} is none`, { remedy: 'write /project/NAME' });
}
