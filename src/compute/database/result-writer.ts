/** Writes the result of a statement as JSON, row by row, within bounds (`capabilities.md` §7.2). */
import { compare, utf8 } from '../../kernel/index.ts';
import { DatabaseError } from './errors.ts';
import type { DatabaseLimits } from './limits.ts';

/** The JSON text of one value; nothing for NULL is asked of it. */
export type WriteValue<T> = (value: T) => string;

/** The rows of one result. */
export class ResultWriter<T> {
  readonly #limits: Pick<DatabaseLimits, 'maxRows' | 'maxResultBytes'>;
  /** In the order of their names: where a column's value is, and what comes before and how it is written. */
  readonly #columns: readonly { readonly index: number; readonly key: string; readonly write: WriteValue<T> }[];
  readonly #rows: string[] = [];
  #bytes = 2;

  /** Of two columns with one name the later one counts. */
  constructor(
    columns: readonly { readonly name: string; readonly write: WriteValue<T> }[],
    limits: Pick<DatabaseLimits, 'maxRows' | 'maxResultBytes'>,
  ) {
    this.#limits = limits;
    const byName = new Map(columns.map(({ name, write }, index) => [name, { index, write }]));
    this.#columns = [...byName]
      .map(([name, column]) => ({ ...column, name: utf8(name), key: `${JSON.stringify(name)}:` }))
      .sort((a, b) => compare(a.name, b.name));
  }

  /** Adds a row; null is NULL. @throws {DatabaseError} DATABASE_TOO_LARGE */
  row(values: readonly (T | null | undefined)[]): void {
    const { maxRows, maxResultBytes } = this.#limits;
    if (this.#rows.length >= maxRows) throw tooLarge(`more than ${maxRows} rows`);
    const members = this.#columns.map(({ index, key, write }) => {
      const value = values[index];
      return key + (value === null || value === undefined ? 'null' : write(value));
    });
    const text = `{${members.join(',')}}`;
    this.#bytes += Buffer.byteLength(text) + 1;
    if (this.#bytes > maxResultBytes) throw tooLarge(`more than ${maxResultBytes} bytes`);
    this.#rows.push(text);
  }

  /** The rows as a JSON array. */
  finish(): Uint8Array {
    return utf8(`[${this.#rows.join(',')}]`);
  }
}

/** The result of a statement without rows; the digits of `lastInsertId` are written as they are. */
export function writeCounts(lastInsertId: string, rowsAffected: number): Uint8Array {
  return utf8(`{"lastInsertID":${lastInsertId},"rowsAffected":${rowsAffected}}`);
}

/** A JSON number of these digits; a text when they are none, whatever the server called it. */
export function writeNumber(text: string): string {
  return /^-?(?:0|[1-9]\d{0,40})(?:\.\d{1,40})?(?:e[+-]?\d{1,4})?$/.test(text) ? text : JSON.stringify(text);
}

/** A JSON text of `bytes` in base64, padded. */
export function writeBytes(bytes: Uint8Array): string {
  return `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}"`;
}

/**
 * A date of the form `YYYY-MM-DD[ HH:MM:SS[.fraction]][offset]` as RFC 3339 without needless zeros in its fraction; anything else
 * (infinity, years of five digits) is the text it is.
 */
export function writeTimestamp(text: string): string {
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?([+-]\d\d(?::\d\d)?)?$/.exec(text);
  if (match === null) return JSON.stringify(text);
  const [, date, time = '00:00:00', digits = '', offset = '+00'] = match;
  const fraction = digits.replace(/0+$/, '');
  const zone = /^[+-]00(?::00)?$/.test(offset) ? 'Z' : offset.length === 3 ? `${offset}:00` : offset;
  return `"${date}T${time}${fraction === '' ? '' : `.${fraction}`}${zone}"`;
}

function tooLarge(what: string): DatabaseError {
  return new DatabaseError('DATABASE_TOO_LARGE', `the result has ${what}`, {
    remedy: 'let the query ask for fewer, for instance with LIMIT',
  });
}
