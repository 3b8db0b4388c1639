import { stripVTControlCharacters } from 'node:util';
import type { Globals } from './globals.ts';
import { Progress } from './progress.ts';
import { createStyle, type Style } from './style.ts';

/** A stream as far as output needs it. */
export interface Sink {
  readonly isTTY?: boolean;
  readonly columns?: number;
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

/** Everything a command says. Results go to standard output, all else to standard error. */
export class Output {
  readonly style: Style;
  /** Styles of standard output. */
  readonly resultStyle: Style;
  readonly #globals: Globals;
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  #endsLines = false;

  constructor(globals: Globals, stdout: Sink, stderr: Sink, dumb: boolean) {
    this.#globals = globals;
    this.#stdout = stdout;
    this.#stderr = stderr;
    const colors = globals.color && !dumb;
    this.style = createStyle(colors && stderr.isTTY === true);
    this.resultStyle = createStyle(colors && stdout.isTTY === true);
  }

  /** Whether a person may be asked something. */
  get canAsk(): boolean {
    return this.#globals.input && !this.#globals.quiet && this.#stderr.isTTY === true;
  }

  /** Whether standard output is a terminal. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true;
  }

  /** Columns of the terminal, 100 at most; 80 when it is none. */
  get width(): number {
    return Math.min(this.#stdout.columns ?? 80, 100);
  }

  /** Writes the result of a command, once; on a terminal with a newline, else without. With `-v` it is a log record. */
  result(result: Result): void {
    const text = this.#form(result)?.trimEnd();
    if (text === undefined || text === '') return;
    if (this.#logs) this.#record(text);
    else this.#stdout.write(this.isTerminal || this.#endsLines ? `${text}\n` : text);
  }

  /** From now on results end with a newline even when piped: several commands write one after the other. */
  endLines(): void {
    this.#endsLines = true;
  }

  /** Whether what is said goes to the log on standard output, because of `-v` (`commands.md` §5.3). */
  get #logs(): boolean {
    return this.#globals.verbose > 0;
  }

  #record(text: string): void {
    for (const line of text.split('\n')) {
      const said = stripVTControlCharacters(line).trim();
      if (said !== '') this.#stdout.write(`${new Date().toISOString()} INFO ${said}\n`);
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
    else if (!this.#globals.quiet) this.#stderr.write(text === '' ? '\n' : `    ${text}\n`);
  }

  /** Shown even with `--quiet`. */
  failure(text: string): void {
    this.#stderr.write(text);
  }

  /** As {@link progress}, for messages that are of no use as lines. */
  spinner(message: string): Progress {
    const animated = this.#stderr.isTTY === true && !this.#globals.quiet && !this.#logs;
    return new Progress(message, {
      animated,
      silent: !animated,
      write: (text) => this.#stderr.write(text),
      style: this.style,
    });
  }

  /** Something that takes a while: a spinner on a terminal, otherwise the message as a line. */
  progress(message: string): Progress {
    return new Progress(message, {
      animated: this.#stderr.isTTY === true && !this.#globals.quiet && !this.#logs,
      silent: this.#globals.quiet || this.#logs,
      write: (text) => this.#stderr.write(text),
      style: this.style,
    });
  }

  #notify(glyph: string, text: string): void {
    if (this.#logs) this.#record(text);
    if (this.#logs || this.#globals.quiet) return;
    const [first, ...more] = text.split('\n');
    this.#stderr.write(`  ${glyph} ${first}\n${more.map((line) => `    ${line}\n`).join('')}`);
  }

  #form({ plain, machine, json }: Result): string | undefined {
    const asJson = json === undefined ? undefined : formatJson(json, this.#globals.compact);
    if (this.#globals.format === 'json') return asJson;
    return this.isTerminal ? (plain ?? machine ?? asJson) : (machine ?? asJson ?? plain);
  }
}

/** JSON with sorted keys, two blanks of indentation or none. */
export function formatJson(value: unknown, compact: boolean): string {
  return JSON.stringify(sorted(value), undefined, compact ? 0 : 2) ?? 'null';
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => [key, sorted(entry)]));
}
