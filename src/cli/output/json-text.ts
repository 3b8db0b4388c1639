/** JSON as commands print it (`commands.md` §5.2). */
import type { Style } from './style.ts';

/** JSON with sorted keys, two blanks of indentation or none. */
export function formatJson(value: unknown, compact: boolean): string {
  const text = JSON.stringify(sorted(value), undefined, compact ? 0 : 2) ?? 'null';
  return text.replaceAll(UNESCAPED, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** What JSON need not escape and a terminal would obey: the upper control characters, and marks that turn the direction of text. */
const UNESCAPED = /[\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([, entry]) => entry !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, entry]) => [key, sorted(entry)]));
}

/** A text with a colon behind it, a text, or a word that is none. */
const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g;

/** The same text with colours for keys, texts and the rest. */
export function colorJson(json: string, style: Style): string {
  return json.replaceAll(TOKEN, (token: string, text?: string, colon?: string) => {
    if (text === undefined) return style.warning(token);
    return colon === undefined ? style.primary(text) : `${style.secondary(text)}${colon}`;
  });
}
