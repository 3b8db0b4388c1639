/** Whose credentials count: a project by its name, or an authority that is stated outright (`commands.md` §8.11). */
import type { Command } from 'commander';
import type { Home, StatedAuthority } from '../../node/home/index.ts';
import type { Identifier } from '../../trust/identity/index.ts';
import { CliError } from '../errors.ts';
import { routeText } from '../nodes/on-node.ts';

/** Values of the options that {@link trustOptions} declares, and of `--project`. */
export type TrustOptions = {
  readonly project?: string;
  readonly authorityIdentity?: string;
  readonly authorityRoute?: string;
  readonly credentialScope?: string;
};

/** An authority whose change history was verified. */
export interface CheckedAuthority extends StatedAuthority {
  readonly identifier: Identifier;
}

/** Declares the options. */
export function trustOptions(leaf: Command): Command {
  return leaf
    .option('--authority-identity <HEX>', 'change history of an authority to trust, instead of a project')
    .option('--authority-route <ROUTE>', 'with it: how that authority is reached')
    .option('--credential-scope <SCOPE>', 'with it: under which scope the own credential of that authority is kept');
}

/**
 * The authority that was stated; undefined when none was.
 * @param needsScope whether a route needs a scope: not where a project says under which one its credentials are kept. Default true.
 * @throws {CliError} CLI_FAILED when what was given does not go together · {IdentityError} for a history that is not valid ·
 *   {NodeError} NODE_UNKNOWN, NODE_ROUTE and {RoutingError} ROUTING_INVALID_MULTI_ADDR for the route
 */
export async function statedAuthority(
  home: Home,
  options: TrustOptions,
  { needsScope = true }: { readonly needsScope?: boolean } = {},
): Promise<CheckedAuthority | undefined> {
  const { project, authorityIdentity: identity, authorityRoute, credentialScope: scope } = options;
  if (project !== undefined && (identity !== undefined || authorityRoute !== undefined)) {
    throw new CliError('CLI_FAILED', 'Both project_name and authority info are provided', {
      remedy: 'give either --project, or --authority-identity with what belongs to it',
    });
  }
  if (identity === undefined) {
    if (authorityRoute !== undefined) {
      throw new CliError('CLI_FAILED', 'Authority address was provided but authority identity is unknown', {
        remedy: 'add --authority-identity, as perigee identity show --full --encoding hex prints it there',
      });
    }
    if (scope === undefined) return undefined;
    throw new CliError('CLI_FAILED', 'A credential scope was provided but authority identity is unknown', {
      remedy: 'add --authority-identity; the credential of a project has its scope from that',
    });
  }
  if (authorityRoute !== undefined && scope === undefined && needsScope) {
    throw new CliError('CLI_FAILED', 'Authority address was provided but credential scope was not provided', {
      remedy: 'add --credential-scope, a name of your choice under which the credential is kept',
    });
  }
  const { changeHistoryFromHex, verifyHistory } = await import('../../trust/identity/index.ts');
  const { identifier } = verifyHistory(changeHistoryFromHex(identity));
  return {
    identity,
    identifier,
    ...(authorityRoute !== undefined && { route: await routeText(home, authorityRoute) }),
    ...(scope !== undefined && { scope }),
  };
}
