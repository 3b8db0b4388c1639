import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandContext } from '../command.ts';
import { CliError } from '../errors.ts';
import { allPages, type Page } from './pages.ts';

/**
 * Writes a file for each page and says so.
 * @param encode a page as file content, and the end of its name.
 * @throws {CliError} CLI_FAILED when a file cannot be written
 */
export async function writePages(
  { output, program }: CommandContext,
  directory: string,
  encode: (page: Page) => { readonly content: string | Uint8Array; readonly suffix: string },
): Promise<void> {
  // The index lists the commands that call this.
  const { ENTRIES } = await import('../commands/index.ts');
  let count = 0;
  try {
    await mkdir(directory, { recursive: true });
    for await (const page of allPages(program, ENTRIES)) {
      const { content, suffix } = encode(page);
      await writeFile(path.join(directory, `${page.words.join('-')}${suffix}`), content);
      count++;
    }
  } catch (cause) {
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    throw new CliError('CLI_FAILED', `cannot write pages to ${JSON.stringify(directory)}`, { cause });
  }
  output.result({
    plain: `  ${output.resultStyle.success('✔')} Wrote ${count} pages to ${output.resultStyle.primary(directory)}`,
    json: { directory, pages: count },
  });
}
