/** The add-ons that a project can have (`commands.md` §9.9). */
import type { OktaConfig } from '../../../../project/enrollment/index.ts';
import type { Home, ProjectRecord } from '../../../../node/home/index.ts';
import type { CommandContext } from '../../../command.ts';
import { starterOf } from '../../../home.ts';

/** The only one there is. */
export const OKTA = 'okta';

/** The identity provider that a project is known to have. */
export async function providerOf({ model, hosted }: ProjectRecord): Promise<OktaConfig | undefined> {
  if (hosted !== undefined) return hosted.okta;
  const { projectFromJson } = await import('../../../../project/enrollment/index.ts');
  return projectFromJson(model).oktaConfig;
}

/** Gives a project an identity provider or takes it away; its process is started anew when it runs. */
export async function changeProvider(
  context: CommandContext,
  home: Home,
  project: ProjectRecord,
  okta: OktaConfig | undefined,
): Promise<void> {
  const { setIdentityProvider } = await import('../../../../node/nodes/index.ts');
  const { output } = context;
  using _progress = output.spinner(`Starting the project ${project.name} anew`);
  const onForce = (): void => output.warn('it does not end and is forced to');
  await setIdentityProvider(home, project, okta, { starter: starterOf(context), onForce });
}
