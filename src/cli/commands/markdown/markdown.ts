import path from 'node:path';
import type { CommandDefinition } from '../../command.ts';
import { markdownPage, writePages } from '../../documentation/index.ts';

type Options = { readonly dir?: string };

/** `markdown` (`commands.md` §11.2). */
export const command: CommandDefinition<Options> = {
  about: 'Writes a Markdown page for each command that is not hidden.',
  configure: (leaf) => leaf.option('-d, --dir <DIR>', 'where to; ./<program>_markdown_pages unless given'),
  run: (context, { dir = `${context.program}_markdown_pages` }) =>
    writePages(context, path.resolve(dir), (page) => ({ content: markdownPage(page), suffix: '.md' })),
};
