import { GLOBAL_ROWS, type Page, type Row } from './pages.ts';

/** A page in Markdown. */
export function markdownPage(page: Page): string {
  const { words, summary, usage, about, args, options, commands, examples } = page;
  const below = commands.map<Row>(([name, meaning]) => [
    `[${name}](${[...words, name].join('-')}.md)`,
    escaped(meaning),
  ]);
  return [
    `# ${words.join(' ')}`,
    escaped(summary),
    `\`\`\`\n${usage}\n\`\`\``,
    ...about.map(escaped),
    ...table('Commands', below),
    ...table('Arguments', coded(args)),
    ...table('Options', coded(options)),
    ...(examples.length === 0
      ? []
      : ['## Examples', ...examples.map(([line, what]) => `${escaped(what)}:\n\n\`\`\`\n${line}\n\`\`\``)]),
    ...table('Global options', coded(GLOBAL_ROWS)),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n');
}

function table(title: string, rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  return [`## ${title}`, `| | |\n|---|---|\n${rows.map(([term, meaning]) => `| ${term} | ${meaning} |`).join('\n')}`];
}

/** Terms as they are typed. A bar would end the cell, also in code. */
function coded(rows: readonly Row[]): readonly Row[] {
  return rows.map(([term, meaning]) => [`\`${term.replaceAll('|', '\\|')}\``, escaped(meaning)]);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\`*_<>[\]|#]/g, String.raw`\$&`);
}
