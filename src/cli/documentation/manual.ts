import { GLOBAL_ROWS, type Page, type Row } from './pages.ts';

/** A page of the manual, for `man` (section 1). @param version of the program, in the footer. */
export function manualPage(page: Page, version: string): string {
  const { words, summary, usage, about, args, options, commands, examples } = page;
  const name = words.join('-');
  const [program = name] = words;
  return [
    `.TH "${roff(name.toUpperCase())}" "1" "" "${roff(`${program} ${version}`)}" "${roff(`${program} manual`)}"`,
    // Programs that index the manual read this line as it stands.
    `.SH NAME\n${roff(`${name} - ${summary}`)}`,
    // No filling: a usage line is typed as it stands.
    `.SH SYNOPSIS\n.nf\n${line(usage)}\n.fi`,
    ...(about.length === 0 ? [] : [`.SH DESCRIPTION\n${about.map(line).join('\n.PP\n')}`]),
    ...terms(
      'COMMANDS',
      commands.map<Row>(([one, meaning]) => [`${[...words, one].join('-')}(1)`, meaning]),
    ),
    ...terms('ARGUMENTS', args),
    ...terms('OPTIONS', options),
    ...terms('GLOBAL OPTIONS', GLOBAL_ROWS),
    ...(examples.length === 0
      ? []
      : [`.SH EXAMPLES\n${examples.map(([typed, what]) => `.TP\n${line(`${what}:`)}\n${line(typed)}`).join('\n')}`]),
    ...(words.length === 1 ? [] : [`.SH SEE ALSO\n${line(`${words.slice(0, -1).join('-')}(1)`)}`]),
    '',
  ].join('\n');
}

function terms(title: string, rows: readonly Row[]): readonly string[] {
  if (rows.length === 0) return [];
  return [`.SH ${title}\n${rows.map(([term, meaning]) => `.TP\n${line(term)}\n${line(meaning)}`).join('\n')}`];
}

/** A line of text: one that begins with a dot or a quote would be a request. */
function line(text: string): string {
  return `\\&${roff(text)}`;
}

/** Text as it is: no escapes, and hyphens that can be copied. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('"', '\\(dq')
    .replaceAll(/\s*\n\s*/g, ' ');
}
