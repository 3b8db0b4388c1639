import type { CommandDefinition } from '../../../command.ts';
import { usageError } from '../../../errors.ts';
import { withHome } from '../../../home.ts';
import { RepeatableOption } from '../../../arguments/repeatable-option.ts';
import { changeProvider } from './addons.ts';

type Options = {
  readonly project: string;
  readonly tenant: string;
  readonly cert?: string;
  readonly certPath?: string;
  readonly clientId: string;
  readonly attribute?: readonly string[];
};

/** `project addon configure okta` (`commands.md` §9.9). */
export const command: CommandDefinition<Options> = {
  about:
    'Whoever signs in at the identity provider may become a member, with the attributes that the provider tells. The project is\n' +
    'started anew. Members enroll with project enroll --okta.',
  examples: [
    [
      'perigee project addon configure okta --tenant https://example.okta.com/oauth2/default --cert-path okta.pem \\\n' +
        '      --client-id 0oa1b2c3 -a email -a department',
      'with two attributes',
    ],
  ],
  configure: (leaf) =>
    leaf
      .option('--project <NAME>', 'the project, hosted here', 'default')
      .requiredOption('--tenant <URL>', 'address of the provider, up to /v1')
      .option('--cert <PEM>', 'its certificate, or that of who signed it')
      .option('--cert-path <FILE>', 'file that has the certificate')
      .requiredOption('--client-id <ID>', 'how the provider knows this project')
      .addOption(
        new RepeatableOption(
          '-a, --attribute <NAME>',
          'what it tells of a user and becomes an attribute of the member',
        ),
      ),
  run: (context, { project: name, tenant, cert, certPath, clientId, attribute = [] }) =>
    withHome(context, async (home) => {
      const { checkProvider, readCertificate } = await import('../../../../node/identity-provider/index.ts');
      if (cert !== undefined && certPath !== undefined) {
        throw usageError("the argument '--cert <PEM>' cannot be used with '--cert-path <FILE>'");
      }
      const certificate = cert ?? (certPath === undefined ? undefined : await readCertificate(certPath));
      if (certificate === undefined) {
        throw usageError('the following required arguments were not provided:\n  --cert-path <FILE>');
      }
      const project = home.projects.get(name);
      const okta = checkProvider({ tenantBaseUrl: tenant, certificate, clientId, attributes: attribute });
      await changeProvider(context, home, project, okta);
      context.output.ok('Okta addon configured successfully');
    }),
};
