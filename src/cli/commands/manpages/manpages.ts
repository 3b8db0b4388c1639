import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CommandContext, CommandDefinition } from '../../command.ts';
import { manualPage, writePages } from '../../documentation/index.ts';
import { VERSION } from '../../version.ts';

type Options = { readonly dir?: string; readonly compression: boolean };

/** `manpages` (`commands.md` §11.2). */
export const command: CommandDefinition<Options> = {
  about: 'Writes a page of the manual, for man, for each command that is not hidden.',
  configure: (leaf) =>
    leaf
      .option('-d, --dir <DIR>', 'where to; ~/.local/share/man/man1 unless given')
      .option('-n, --no-compression', 'plain files instead of .gz'),
  run: (context, { dir = defaultDirectory(context), compression }) =>
    writePages(context, path.resolve(dir), (page) => {
      const text = manualPage(page, VERSION);
      return compression ? { content: gzipSync(text), suffix: '.1.gz' } : { content: text, suffix: '.1' };
    }),
};

/** Where `man` looks for pages of this user. */
function defaultDirectory({ environment, program }: CommandContext): string {
  const home = environment['HOME'];
  return home === undefined || home === '' ? `${program}_man_pages` : path.join(home, '.local', 'share', 'man', 'man1');
}
