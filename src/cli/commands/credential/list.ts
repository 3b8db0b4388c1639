import { credentialsOf } from '../../../node/credentials/index.ts';
import type { Identifier } from '../../../trust/identity/index.ts';
import type { CommandDefinition } from '../../command.ts';
import { withHome } from '../../home.ts';
import { listOf } from '../../output/list.ts';
import { nodeToUse } from '../../nodes/on-node.ts';
import { credentialJson, credentialLines } from './report.ts';
import { identifierText } from '../../arguments/checked-values.ts';

type Options = { readonly at?: string; readonly subject?: Identifier; readonly issuer?: Identifier };

/** `credential list` (`commands.md` §8.7). */
export const command: CommandDefinition<Options> = {
  configure: (leaf) =>
    leaf
      .option('--at <NODE>', 'node; the default one unless given')
      .option('--subject <IDENTIFIER>', 'only those about it', identifierText)
      .option('--issuer <IDENTIFIER>', 'only those it issued', identifierText),
  run: (context, { at, subject, issuer }) =>
    withHome(context, async (home) => {
      const { output } = context;
      const { name: node } = await nodeToUse(context, home, at);
      const kept = (await credentialsOf(home, node)).filter(
        (one) => (subject ?? one.subject) === one.subject && (issuer ?? one.issuer) === one.issuer,
      );
      const rows = kept.map(({ credential, issuer: by, scope, verified }) => ({
        credential: credentialJson(credential, by),
        is_verified: verified !== undefined,
        scope,
      }));
      const items = rows.map((row) => [
        ...credentialLines(row.credential),
        `  is verified: ${row.is_verified ? '✔︎' : '✕'}`,
        `  scope: ${row.scope}`,
      ]);
      output.result({
        plain: listOf(output, 'Credentials', items, `No Credentials found for node: ${node}`),
        json: rows,
      });
    }),
};
