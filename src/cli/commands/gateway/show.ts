import type { CommandDefinition } from '../../command.ts';
import { askGateway, findGateway, satLines } from '../../reports/gateway-report.ts';
import { withHome } from '../../home.ts';

/** `gateway show [NAME]` (`commands.md` §10.1). */
export const command: CommandDefinition = {
  about: 'Shows what a running gateway serves, its Sats, and how many requests it answered.',
  configure: (leaf) => leaf.argument('[NAME]', 'name of the gateway; may be left out when there is one'),
  bare: {},
  run: (context, _options, [name]) =>
    withHome(context, async (home) => {
      const { output } = context;
      const { resultStyle: style } = output;
      const report = await askGateway(home, findGateway(home, name));
      const { application, sats, requests } = report.gateway;
      const lines = [
        `${style.primary(report.name)}: ${style.primary(report.url)}`,
        `  Identifier: ${report.identifier}`,
        `  Project: ${report.project}, ${report.relay.up ? 'registered' : `${style.failure('not registered')}: ${report.relay.reason}`}`,
        `  Application: ${application === undefined ? 'none' : `${application.identifier} ${application.version}`}`,
        ...(application?.handlers ?? []).map((handler) => `    ${handler}`),
        `  Requests: ${requests.served} answered, ${requests.failed} failed, ${requests.open} open, ${requests.waiting} calls waiting`,
        `  Sats: ${sats.length}`,
        ...sats.flatMap((sat) => satLines(sat, report.nowMonotonicMs, style).map((line) => `    ${line}`)),
      ];
      output.result({ plain: lines.map((line) => `    ${line}`).join('\n'), json: report });
    }),
};
