import type { CommandDefinition } from '../../command.ts';
import { findGateway } from '../../reports/gateway-report.ts';
import { withHome } from '../../home.ts';
import { aboutFile, readBytes } from '../../arguments/read-file.ts';

type Options = { readonly bundle: string };

/** How long the Sats may take to get ready, milliseconds. */
const DEPLOY_MS = 120_000;

/** `gateway deploy [NAME] --bundle FILE` (`commands.md` §10.1). */
export const command: CommandDefinition<Options> = {
  about: 'Has a running gateway serve another bundle. Requests that are being served end as they began; none fails.',
  examples: [['perigee gateway deploy --bundle modules.wasm.zip', 'when there is one gateway']],
  configure: (leaf) =>
    leaf
      .argument('[NAME]', 'name of the gateway; may be left out when there is one')
      .requiredOption('--bundle <FILE>', 'the application to serve'),
  run: (context, { bundle }, [name]) =>
    withHome(context, async (home) => {
      const { askNode } = await import('../../../node/nodes/index.ts');
      const { output } = context;
      const gateway = findGateway(home, name);
      const body = await readBytes(bundle);
      using progress = output.spinner(`Deploying to ${gateway.name}`);
      const request = { method: 'POST', path: '/deploy', body, timeoutMs: DEPLOY_MS } as const;
      const answer = await aboutFile(bundle, () => askNode(home, gateway, request));
      progress.done();
      const { application, version } = answer as { readonly application: string; readonly version: string };
      const { resultStyle: style } = output;
      output.result({
        plain: `  ${style.success('✔')} ${gateway.name} serves ${style.primary(application)} ${version}`,
        json: answer,
      });
    }),
};
