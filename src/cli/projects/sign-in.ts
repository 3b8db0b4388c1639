/** Signing in at the identity provider of a project (`commands.md` §9.9). */
import type { ProjectRecord } from '../../node/home/index.ts';
import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';

/**
 * Has the user sign in at the project's provider, on this device or another one; gives the access token.
 * @throws {NodeError} NODE_PROVIDER · {CliError} CLI_FAILED, when the project has no identity provider
 */
export async function signIn(
  { output, signal, program }: CommandContext,
  { name, model }: Pick<ProjectRecord, 'name' | 'model'>,
): Promise<string> {
  const [{ signInByDevice }, { projectFromJson }] = await Promise.all([
    import('../../node/identity-provider/index.ts'),
    import('../../project/enrollment/index.ts'),
  ]);
  const { oktaConfig } = projectFromJson(model);
  if (oktaConfig === undefined) {
    throw new CliError('CLI_FAILED', `the project ${name} is not known to have an identity provider`, {
      remedy: `enroll with a ticket, or when it has got one since: ${program} project import`,
    });
  }
  return signInByDevice(oktaConfig, {
    signal,
    prompt: ({ address, code, completeAddress }) => {
      output.info(`Sign in at ${completeAddress ?? address}`);
      output.note(completeAddress === undefined ? `and enter the code ${code}` : `if it asks, the code is ${code}`);
    },
  });
}
