/** What `sat create` and `sat join` have in common: the options, the record, the start. */
import type { Command } from 'commander';
import type { Home, NamedIdentity, ProjectRecord } from '../../node/home/index.ts';
import type { CommandContext } from '../command.ts';
import type { OwnerGrant } from '../../node/isolation/index.ts';
import { hostPort, policyText } from '../arguments/checked-values.ts';
import { type Isolation, isolationOption } from '../options/isolation-option.ts';
import { RepeatableOption } from '../arguments/repeatable-option.ts';
import { keyValue, pairsOf, wholeNumber } from '../arguments/values.ts';
import { ownerGrantOf, type WasiOptions, wasiOptions } from '../options/wasi-options.ts';

export type SatOptions = WasiOptions & {
  readonly gateway?: string;
  readonly gatewayRoute?: string;
  readonly allow?: string;
  readonly grant?: string;
  readonly label?: readonly string[];
  readonly workers?: number;
  readonly isolation?: Isolation;
  readonly metrics?: string;
  readonly identity?: string;
  readonly foreground?: true;
};

/** Declares the options of a new Sat. */
export function satOptions(leaf: Command): Command {
  leaf
    .option('--gateway <NAME>', 'gateway to join; may be left out when the credential or the ticket names it')
    .option(
      '--gateway-route <ROUTE>',
      'dial the gateway by this route, /ip4/…/tcp/…/service/api, not through the project',
    )
    .option('--allow <EXPRESSION>', "a further condition on the gateway's attributes", policyText)
    .option('--grant <FILE>', 'what functions may do here at most; default: HTTP and GraphQL to public networks')
    .addOption(
      new RepeatableOption('--label <KEY=VALUE>', 'something to tell the gateway about this Sat', keyValue(false)),
    )
    .option('--workers <N>', 'threads that run functions; as many as there are cores unless given', wholeNumber(1, 256))
    .addOption(isolationOption());
  return wasiOptions(leaf)
    .option('--metrics <ADDRESS:PORT>', 'where Prometheus may scrape; a port alone is of this machine', hostPort)
    .option('--identity <NAME>', 'identity of the Sat; the default one unless given')
    .option('-f, --foreground', 'run in this process');
}

/** What the owner of a Sat says about its functions. */
export interface SatTerms {
  /** What they may do at most. */
  readonly ceiling: string | undefined;
  /** What they are given of the machine. */
  readonly wasi: OwnerGrant | undefined;
}

/**
 * What the owner lets the functions of the Sat do, and gives them, examined.
 * @throws {NodeError} NODE_INPUT; {DirectiveError} DIRECTIVE_INVALID; {WasiError} WASI_BAD_GRANT, WASI_UNSUPPORTED
 */
export async function satTerms(options: SatOptions): Promise<SatTerms> {
  const wasi = ownerGrantOf(options);
  if (wasi !== undefined) {
    const { checkOwnerGrant } = await import('../../node/isolation/index.ts');
    await checkOwnerGrant(wasi, options.isolation ?? 'threads');
  }
  if (options.grant === undefined) return { wasi, ceiling: undefined };
  const { readCeiling } = await import('../../node/members/index.ts');
  return { wasi, ceiling: await readCeiling(options.grant) };
}

/** Records the Sat and starts it. */
export async function newSat(
  context: CommandContext,
  home: Home,
  {
    name,
    identity,
    project,
    options,
    terms,
  }: {
    readonly name: string;
    readonly identity: NamedIdentity;
    readonly project: ProjectRecord;
    readonly options: SatOptions;
    readonly terms: SatTerms;
  },
): Promise<void> {
  const [{ requireNodeName }, { recordSat }, { startMember }] = await Promise.all([
    import('../../node/names/index.ts'),
    import('../../node/members/index.ts'),
    import('./start-member.ts'),
  ]);
  const { output } = context;
  const route = gatewayOfRoute(options.gateway);
  const configuration = {
    route: options.gatewayRoute,
    allow: options.allow,
    labels: [...pairsOf(options.label ?? [])],
    workers: options.workers,
    isolation: options.isolation,
    ...terms,
    metrics: options.metrics,
  };
  const gateway = await recordSat(home, { name: requireNodeName(name), identity, project, configuration }, route);
  await startMember(context, home, { name, foreground: options.foreground === true }, (status) => {
    const { resultStyle: style } = output;
    output.result({
      plain: [
        `  ${style.success('✔')} Created the Sat ${style.primary(name)} of the gateway ${style.primary(gateway)}`,
        `    It is ${style.primary(identity.identifier)}, in process ${home.nodes.get(name).process?.pid}`,
        ...(status?.metrics === undefined ? [] : [`    Its metrics are at ${style.primary(status.metrics)}`]),
        `    To see how it stands, run: ${context.program} node show ${name}`,
      ].join('\n'),
      machine: name,
      json: {
        gateway,
        identifier: identity.identifier,
        name,
        project: project.name,
        state: status?.sat?.state ?? null,
        ...(status?.metrics !== undefined && { metrics: status.metrics }),
      },
    });
  });
}

/** The gateway's name; of a route such as `/project/p/service/forward_to_NAME/secure/api` the name in it. */
function gatewayOfRoute(gateway: string | undefined): string | undefined {
  return /^\/project\/[^/]+\/service\/forward_to_([^/]+)(?:\/|$)/.exec(gateway ?? '')?.[1] ?? gateway;
}
