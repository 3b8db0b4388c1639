import type { Globals } from '../arguments/globals.ts';
import { colorJson, formatJson } from './json-text.ts';
import { Progress } from './progress.ts';
import { createStyle, type Style } from './style.ts';
import { visible } from './visible.ts';

/** A stream as far as output needs it. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly write: (text: string | Uint8Array) => unknown;
}

/** The forms of a command's result; which is written depends on the flags and on who reads (`commands.md` §5.2). */
export interface Result {
  /** For a person. */
  readonly plain?: string | undefined;
  /** One value for a script. */
  readonly machine?: string | undefined;
  readonly json?: unknown;
}

/** What there is around the streams. */
export interface Surroundings {
  /** The terminal shows no colours and moves no cursor. */
  readonly dumb: boolean;
  /** Somebody can type an answer: standard input is a terminal, and this is no automatic build. */
  readonly interactive: boolean;
  /** The terminal's ground is light, so JSON on it is dark. */
  readonly light?: boolean;
}

/** Everything a command says. Results go to standard output, all else to standard error. */
export class Output {
  readonly style: Style;
  /** Styles of standard output. */
  readonly resultStyle: Style;
  readonly #globals: Globals;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  /** Whether standard output shows colours. */
  readonly #colors: boolean;
  readonly #interactive: boolean;
  /** Of JSON alone: it is large and all of it is coloured. */
  readonly #jsonStyle: Style;
  /** What is said goes to the log on standard output. */
  #logs: boolean;
  #filter: ((json: string) => Promise<string>) | undefined;
  #endsLines = false;
  #filtered: Promise<void> = Promise.resolve();
  /** The last one; a spinner that is on must not be written into. */
  #progress: Progress | undefined;

  constructor(globals: Globals, stdout: Sink, stderr: Sink, { dumb, interactive, light = false }: Surroundings) {
    this.#logs = globals.verbose > 0;
    this.#interactive = interactive;
    this.#globals = globals;
    this.#stdout = stdout;
    this.#stderr = stderr;
    const colors = globals.color && !dumb;
    this.#colors = colors && stdout.isTTY === true;
    this.style = createStyle(colors && stderr.isTTY === true);
    this.resultStyle = createStyle(this.#colors);
    this.#jsonStyle = createStyle(this.#colors, light);
  }

  /** Whether a person may be asked something. */
  get canAsk(): boolean {
    return this.#globals.input && !this.#globals.quiet && this.#stderr.isTTY === true && this.#interactive;
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Whether the plain form of a result that has a JSON form is shown: not to scripts. */
  get showsPlain(): boolean {
    return this.#logs || (this.isTerminal && this.#globals.format !== 'json');
  }

  /** Room for a drawing beside the result, in characters; undefined when no person would see it. */
  get canvas(): { readonly columns: number; readonly rows: number } | undefined {
    const { columns = 0, rows = 0 } = this.#stdout;
    const isSeen = this.isTerminal && this.#stderr.isTTY === true && !this.#globals.quiet && !this.#logs;
    return isSeen ? { columns: columns - 4, rows } : undefined;
  }

  /** Columns of the terminal, from 20 to 100; 80 when it is none, or does not say. */
  get width(): number {
    return Math.min(Math.max(this.#stdout.columns || 80, 20), 100);
  }

  /** Writes the result of a command; on a terminal with a newline, else without. With `-v` it is a log record. */
  result(result: Result): void {
    const { json } = result;
    const filter = this.#filter;
    if (filter === undefined || json === undefined) {
      const form = this.#form(result);
      // In a log the text for people stands beside what a script would have got.
      if (this.#logs && result.plain !== undefined && result.plain !== form) this.#record(result.plain);
      this.#write(form);
      return;
    }
    this.#filtered = this.#filtered.then(async () => this.#write(this.#colored(await filter(formatJson(json, true)))));
    // A failure is told by `settled`, and is not unheard until then.
    this.#filtered.catch(() => undefined);
  }

  /** From now on `filter` makes what is written of the JSON of a result. */
  filterWith(filter: (json: string) => Promise<string>): void {
    this.#filter = filter;
  }

  /** Resolves when everything is written that `--jq` made. @throws {CliError} CLI_JQ */
  settled(): Promise<void> {
    return this.#filtered;
  }

  #write(form: string | undefined): void {
    const text = form?.trimEnd();
    if (text === undefined || text === '') return;
    if (this.isTerminal) this.#progress?.clear();
    if (this.#logs) this.#record(text);
    else if (this.isTerminal) this.#stdout.write(`${visible(text)}\n`);
    else this.#stdout.write(this.#endsLines ? `${text}\n` : text);
  }

  /** From now on results end with a newline even when piped: several commands write one after the other. */
  endLines(): void {
    this.#endsLines = true;
  }

  /** From now on all that is said goes to the log on standard output, as with `-v` (`commands.md` §5.3). */
  recordAll(): void {
    this.#logs = true;
  }

  #record(text: string): void {
    const { stripVTControlCharacters } = process.getBuiltinModule('node:util');
    for (const line of text.split('\n')) {
      const said = stripVTControlCharacters(line)
        .trim()
        .replace(/^[✔✗!>│] +/, '');
      if (said !== '') this.#stdout.write(`${new Date().toISOString()} INFO ${visible(said)}\n`);
    }
  }

  /** Writes to standard output as it is. */
  raw(text: string | Uint8Array): void {
    this.#stdout.write(text);
  }

  /** Writes a line of standard output as it is, for commands that go on writing. */
  line(text: string): void {
    this.#stdout.write(`${text}\n`);
  }

  ok(text: string): void {
    this.#notify(this.style.success('✔'), text);
  }

  info(text: string): void {
    this.#notify(this.style.info('>'), text);
  }

  warn(text: string): void {
    this.#notify(this.style.warning('!'), text);
  }

  /** A line that goes on with what the one before said. */
  note(text = ''): void {
    if (this.#logs) this.#record(text);
    else if (!this.#globals.quiet) this.#tell(text === '' ? '\n' : `    ${text}\n`);
  }

  /** Shown even with `--quiet`. */
  failure(text: string): void {
    this.#tell(text);
  }

  /** As {@link progress}, for messages that are of no use as lines. */
  spinner(message: string): Progress {
    return this.#begin(message, !this.#animates);
  }

  /** Something that takes a while: a spinner on a terminal, otherwise the message as a line. */
  progress(message: string): Progress {
    return this.#begin(message, this.#globals.quiet || this.#logs);
  }

  get #animates(): boolean {
    return this.#stderr.isTTY === true && !this.#globals.quiet && !this.#logs;
  }

  #begin(message: string, silent: boolean): Progress {
    this.#progress?.clear();
    const write = (text: string): unknown => this.#stderr.write(text);
    this.#progress = new Progress(message, { animated: this.#animates, silent, write, style: this.style });
    return this.#progress;
  }

  #tell(text: string): void {
    this.#progress?.clear();
    this.#stderr.write(visible(text));
  }

  #notify(glyph: string, text: string): void {
    if (this.#logs) this.#record(text);
    if (this.#logs || this.#globals.quiet) return;
    const [first, ...more] = text.split('\n');
    this.#tell(`  ${glyph} ${first}\n${more.map((line) => `    ${line}\n`).join('')}`);
  }

  #form({ plain, machine, json }: Result): string | undefined {
    const asJson = json === undefined ? undefined : this.#colored(formatJson(json, this.#globals.compact));
    if (this.#globals.format === 'json') return asJson;
    return this.isTerminal ? (plain ?? machine ?? asJson) : (machine ?? asJson ?? plain);
  }

  #colored(json: string): string {
    return this.#colors && !this.#logs ? colorJson(json, this.#jsonStyle) : json;
  }
}
