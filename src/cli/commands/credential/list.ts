import type { Home } from '../../../node/home/index.ts';
import type { Identifier } from '../../../trust/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { nodeToUse } from '../../nodes/on-node.ts';
import { identifierText } from '../../arguments/checked-values.ts';

type Options = { readonly at?: string; readonly subject?: Identifier; readonly issuer?: Identifier };

/** `credential list` (`commands.md` §8.7). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .option('--at <NODE>', 'node; the default one unless given')
      .option('--subject <IDENTIFIER>', 'only those about it', identifierText)
      .option('--issuer <IDENTIFIER>', 'only those it issued', identifierText),
  bare: {},
  run: (context, { at, subject, issuer }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const { name: node } = await nodeToUse(context, home, at);
      const rows = home.nodes.hasCredentials(node) ? await rowsOf(home, node, { subject, issuer }) : [];
      output.result({
        plain: listOf(
          output,
          'Credentials',
          rows.map(({ lines }) => lines),
          `No Credentials found for node: ${node}`,
        ),
        json: rows.map(({ json }) => json),
      });
    }),
};

/** The credentials that are asked for, in both forms; what reads and verifies them is loaded when there are any. */
async function rowsOf(
  home: Home,
  node: string,
  { subject, issuer }: { readonly subject: Identifier | undefined; readonly issuer: Identifier | undefined },
) {
  const [{ credentialsOf }, { credentialJson, credentialLines }] = await Promise.all([
    import('../../../node/credentials/index.ts'),
    import('./report.ts'),
  ]);
  const kept = (await credentialsOf(home, node)).filter(
    (one) => (subject ?? one.subject) === one.subject && (issuer ?? one.issuer) === one.issuer,
  );
  return kept.map(({ credential: given, issuer: by, scope, verified }) => {
    const credential = credentialJson(given, by);
    const isVerified = verified !== undefined;
    return {
      lines: [...credentialLines(credential), `  is verified: ${isVerified ? '✔︎' : '✕'}`, `  scope: ${scope}`],
      json: { credential, is_verified: isVerified, scope },
    };
  });
}
