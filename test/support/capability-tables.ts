/** The tables of `docs/protocol/capabilities.md`, so that the tests and the document cannot drift apart. */
import { readFileSync } from 'node:fs';

const TEXT = readFileSync(new URL('../../docs/protocol/capabilities.md', import.meta.url), 'utf8');

/** The rows of the first table in section `number` whose header begins with `firstColumn`; code marks are taken off. */
export function tableOf(number: string, firstColumn: string): string[][] {
  const heading = new RegExp(`^#+ ${number.replaceAll('.', '\\.')} `, 'm').exec(TEXT);
  if (heading === null) throw new Error(`no section ${number}`);
  const section = TEXT.slice(heading.index + heading[0].length).split(/^#+ /m)[0] ?? '';
  const lines = section.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${firstColumn} |`));
  if (start < 0) throw new Error(`no table ${firstColumn} in section ${number}`);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? rows.length : end).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replace(/^`(.*)`$/, '$1')),
  );
}

/** The first fenced block of `language` in section `number`. */
export function codeOf(number: string, language: string): string {
  const section = TEXT.slice(TEXT.search(new RegExp(`^#+ ${number} `, 'm')));
  const block = new RegExp(`^\`\`\`${language}\n([^]*?)\n\`\`\`$`, 'm').exec(section)?.[1];
  if (block === undefined) throw new Error(`no ${language} block in section ${number}`);
  return block;
}
