import { Option } from 'commander';
import type { ProviderConfiguration } from '../../../node/identity-provider/index.ts';
import type { AuthorityConfiguration } from '../../../node/project/index.ts';
import { hostPort } from '../../arguments/checked-values.ts';
import type { CommandDefinition } from '../../command.ts';
import { usageError } from '../../errors.ts';
import { withHome } from '../../home.ts';
import { ownIdentity } from '../../options/own-identity.ts';
import { silenced } from '../../nodes/foreground.ts';
import { RepeatableOption } from '../../arguments/repeatable-option.ts';

type Options = {
  readonly foreground?: true;
  readonly skipIsRunningCheck?: true;
  readonly childProcess?: true;
  readonly tcpListenerAddress: string;
  readonly identity: string;
  readonly projectIdentifier: string;
  readonly projectIdentityIdentifierFile?: string;
  readonly projectAccessRoute?: string;
  readonly trustedIdentities: string;
  // Commander: true unless the flag was given.
  readonly directAuthentication: boolean;
  readonly tokenEnrollment: boolean;
  readonly accountAuthority?: string;
  readonly enforceAdminChecks?: true;
  readonly disableTrustContextId?: true;
  readonly tenantBaseUrl?: string;
  readonly certificate?: string;
  readonly attributes?: readonly string[];
};

/** `authority create [NODE_NAME]` (`commands.md` §9.8). */
export const command: CommandDefinition<Options> = {
  about:
    'Runs an authority as a node: it says who is a member of a project and signs it. A project that project create makes has one\n' +
    'already; this one is for a project whose node is elsewhere. Manage it with the commands of node.',
  examples: [
    [
      'perigee authority create --project-identifier p1 --trusted-identities \'{"I01…": {"ockam-role": "enroller"}}\'',
      'on this machine, with one enroller',
    ],
    [
      "perigee authority create main -t 0.0.0.0:4001 --project-identifier p1 --trusted-identities '{}' --no-token-enrollment",
      'reached from elsewhere, without invitations',
    ],
  ],
  configure: (leaf) =>
    leaf
      .argument('[NODE_NAME]', 'name of its node', 'authority')
      .requiredOption('--project-identifier <ID>', 'id of the project')
      .requiredOption('--trusted-identities <JSON>', 'who is a member from the start: {"I…": {"attribute": "value"}}')
      .option('-t, --tcp-listener-address <ADDRESS:PORT>', 'where it listens', hostPort, '127.0.0.1:4000')
      .option('--identity <NAME>', 'identity of the authority, made if there is none', 'authority')
      .option('--no-direct-authentication', 'enrollers cannot add, list or delete members')
      .option('--no-token-enrollment', 'there are no invitations')
      .option('--account-authority <HEX>', 'change history of who attests administrators of the project')
      .option('--enforce-admin-checks', 'with --account-authority: only administrators make enrollers')
      .option('--disable-trust-context-id', 'credentials do not name the project')
      .option('--project-identity-identifier-file <FILE>', 'wait for this file, with the identity of the project node')
      .option('--project-access-route <ROUTE>', 'with that file: how the project node is reached')
      .option('-f, --foreground', 'run in this process')
      .option('-s, --skip-is-running-check', 'with --foreground: go on although the recorded process exists')
      .addOption(new Option('--child-process', 'with --foreground: print nothing').hideHelp())
      .option('--tenant-base-url <URL>', 'an identity provider, whose users may become members')
      .option('--certificate <PEM>', 'with it: its certificate, or that of who signed it')
      .addOption(
        new RepeatableOption('--attributes <NAME>', 'with it: what it tells of a user and becomes an attribute'),
      ),
  run: async (called, options, [name = 'authority']) => {
    if (options.childProcess === true && options.foreground !== true) {
      throw usageError('the following required arguments were not provided:\n  --foreground');
    }
    const context = options.childProcess === true ? silenced(called) : called;
    const { projectIdentityIdentifierFile: file, projectAccessRoute: route } = options;
    if ((file === undefined) !== (route === undefined)) {
      throw usageError(
        `the following required arguments were not provided:\n  ${file === undefined ? '--project-identity-identifier-file <FILE>' : '--project-access-route <ROUTE>'}`,
      );
    }
    const configuration = await configurationOf(options, context.environment);
    const [{ NodeError }, { requireNodeName }, { importAuthorityProject }, { startMember }] = await Promise.all([
      import('../../../node/home/index.ts'),
      import('../../../node/names/index.ts'),
      import('../../../node/project/index.ts'),
      import('../../nodes/start-member.ts'),
    ]);
    return withHome(context, async (home) => {
      requireNodeName(name);
      const foreground = options.foreground === true;
      const running = home.nodes.find(name)?.process;
      if (running !== undefined) {
        if (!foreground || options.skipIsRunningCheck !== true) {
          throw new NodeError('NODE_RUNNING', `Node ${name} is already running`, {
            remedy: `delete it first: ${context.program} node delete ${name}`,
          });
        }
        home.nodes.release(name, running);
      }
      const identity = await ownIdentity(context, home, options.identity);
      home.nodes.put({ name, kind: 'authority', identity: identity.name, configuration });
      await startMember(context, home, { name, foreground }, async () => {
        // Nothing on standard output: scripts read only what `node` says of it.
        context.output.ok(`Created the authority ${context.output.style.primary(name)}`);
        if (file === undefined || route === undefined) return;
        using _progress = context.output.spinner(`Waiting for ${file}`);
        const { signal } = context;
        const project = await importAuthorityProject(home, { node: name, identity, file, route, signal });
        context.output.ok(`Imported the project ${context.output.style.primary(project)}`);
      });
    });
  },
};

/** @throws {NodeError} NODE_INPUT · {IdentityError} for an account authority whose history is not valid */
async function configurationOf(
  options: Options,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<AuthorityConfiguration> {
  const [{ credentialTtlOf, parseTrustedIdentities }, { changeHistoryFromHex, verifyHistory }] = await Promise.all([
    import('../../../node/project/index.ts'),
    import('../../../trust/identity/index.ts'),
  ]);
  const { accountAuthority } = options;
  // Checked here, so that the authority that is recorded can start.
  if (accountAuthority !== undefined) verifyHistory(changeHistoryFromHex(accountAuthority));
  return {
    listenAt: options.tcpListenerAddress,
    projectIdentifier: options.projectIdentifier,
    trusted: parseTrustedIdentities(options.trustedIdentities),
    directAuthentication: options.directAuthentication,
    tokenEnrollment: options.tokenEnrollment,
    identityProvider: await providerOf(options),
    trustContext: options.disableTrustContextId !== true,
    accountAuthority,
    enforceAdminChecks: options.enforceAdminChecks === true,
    credentialTtlSeconds: credentialTtlOf(environment),
  };
}

/** All three flags or none. @throws {CliError} usage · {NodeError} NODE_INPUT */
async function providerOf({
  tenantBaseUrl,
  certificate,
  attributes,
}: Options): Promise<ProviderConfiguration | undefined> {
  if (tenantBaseUrl === undefined && certificate === undefined && attributes === undefined) return undefined;
  const missing = [
    tenantBaseUrl === undefined ? ['  --tenant-base-url <URL>'] : [],
    certificate === undefined ? ['  --certificate <PEM>'] : [],
    attributes === undefined ? ['  --attributes <NAME>'] : [],
  ].flat();
  if (tenantBaseUrl === undefined || certificate === undefined || attributes === undefined) {
    throw usageError(`the following required arguments were not provided:\n${missing.join('\n')}`);
  }
  const { checkProvider } = await import('../../../node/identity-provider/index.ts');
  return checkProvider({ tenantBaseUrl, certificate, attributes });
}
