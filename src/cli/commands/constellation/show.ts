import { delay } from '../../../kernel/index.ts';
import { systemClock } from '../../../node/system/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { askGateway, findGateway, type GatewayReport, satLines } from '../../reports/gateway-report.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import type { Output } from '../../output/output.ts';
import { visible } from '../../output/visible.ts';

type Options = { readonly watch?: true };

/** How often the list is drawn again, milliseconds. */
const WATCH_MS = 1000;

/** `constellation show [GATEWAY]` (`commands.md` §10.3). */
export const command: CommandDefinition<Options> = {
  about:
    'Shows the Sats of a gateway: who they are, what is attested about them, their load, and when they were last heard.',
  configure: (leaf) =>
    leaf
      .argument('[GATEWAY]', 'name of the gateway; may be left out when there is one')
      .option('--watch', 'draw it again every second until Ctrl-C'),
  run: (context, { watch }, [name]) =>
    withHome(context, async (home) => {
      const { output, signal } = context;
      const gateway = findGateway(home, name);
      if (watch === undefined) return output.result(reportOf(output, await askGateway(home, gateway)));
      const alive = setInterval(() => undefined, WATCH_MS);
      try {
        while (!signal.aborted) {
          const { plain, json } = reportOf(output, await askGateway(home, gateway));
          if (output.isTerminal) output.raw(`\u001b[H\u001b[2J${visible(plain)}\n`);
          else output.line(JSON.stringify(json));
          await delay(systemClock, WATCH_MS, signal).catch(() => undefined);
        }
      } finally {
        clearInterval(alive);
      }
      return undefined;
    }),
};

function reportOf(output: Output, { name, gateway, url, nowMonotonicMs }: GatewayReport) {
  const { sats, requests } = gateway;
  const heading = `${name} at ${url}: ${sats.length} Sat(s), ${requests.served} requests answered, ${requests.failed} failed`;
  const items = sats.map((sat) => satLines(sat, nowMonotonicMs, output.resultStyle));
  return {
    plain: listOf(output, heading, items, `${name} has no Sats. Invite one with: perigee project ticket --sat ${name}`),
    json: {
      gateway: name,
      requests,
      sats: sats.map((sat) => ({ ...sat, lastHeardSecondsAgo: (nowMonotonicMs - sat.lastHeardMs) / 1000 })),
    },
  };
}
