import { concat, fromHex, fromUtf8, utf8 } from '../../kernel/bytes/index.ts';
import { hasCode, quoted } from '../../kernel/errors/index.ts';
import type { Expr } from './expression.ts';

/** A token of the full text form (`policies.md` §7.1), from `start` to before `end`, in UTF-16 units. */
export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: '(' | ')' | '[' | ']' }
  | { readonly kind: 'leaf'; readonly expr: Expr }
);

/** What stands at `start` is no token. */
export interface TokenFault {
  readonly kind: 'fault';
  readonly start: number;
  readonly why: string;
}

/** Specification constants (WebAssembly text format, lexical grammar). */
const BLANKS = /(?:[ \t\r\n]|;;[^\r\n]*)*/y;
const COMMENT_MARK = /\(;|;\)/g;
const WORD = /[\w!#$%&'*+\-./:<=>?@\\^`|~]+/y;
const INTEGER = /^[+-]?(?:\d+(?:_\d+)*|0x[\dA-Fa-f]+(?:_[\dA-Fa-f]+)*)$/;
const FLOAT = /^[+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?$/;
const INFINITE_OR_NAN = /^[+-]?(?:inf|nan)$/;
const IDENTIFIER = /^[A-Za-z!$%&*/<=>?~_^][A-Za-z0-9!$%&*/<=>?~_^.+,\-:;@]*$/;
const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;

/** The next token of `text` from `from` on, undefined at its end. */
export function nextToken(text: string, from: number): Token | TokenFault | undefined {
  const start = skipBlanks(text, from);
  if (typeof start !== 'number') return start;
  const first = text[start];
  switch (first) {
    case undefined:
      return undefined;
    case '(':
    case ')':
    case '[':
    case ']':
      return { kind: first, start, end: start + 1 };
    case '"':
      return stringToken(text, start);
    default: {
      WORD.lastIndex = start;
      const word = WORD.exec(text)?.[0];
      if (word === undefined) {
        const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
        return { kind: 'fault', start, why: `${quoted(character)} has no meaning here` };
      }
      const end = start + word.length;
      if (text[end] === '"') return fault(start, 'a blank is missing before a string');
      const expr = meaningOf(word, start);
      return expr.kind === 'fault' ? expr : { kind: 'leaf', expr, start, end };
    }
  }
}

/** Whether `name` is written without a leading `$`, so that it reads as the identifier that it is. */
export function isBareIdentifier(name: string): boolean {
  return meaningOf(name, 0).kind === 'ident' && !/^\$./.test(name);
}

/** Whether any text can write the identifier `name`. */
export function isWritableIdentifier(name: string): boolean {
  WORD.lastIndex = 0;
  return WORD.exec(name)?.[0] === name;
}

function skipBlanks(text: string, from: number): number | TokenFault {
  let at = from;
  for (;;) {
    BLANKS.lastIndex = at;
    BLANKS.test(text);
    at = BLANKS.lastIndex;
    if (!text.startsWith('(;', at)) return at;
    const end = blockCommentEnd(text, at);
    if (end === undefined) return fault(at, 'a comment is not closed');
    at = end;
  }
}

/** Block comments nest. */
function blockCommentEnd(text: string, start: number): number | undefined {
  COMMENT_MARK.lastIndex = start;
  for (let depth = 0; ; ) {
    const mark = COMMENT_MARK.exec(text)?.[0];
    if (mark === undefined) return undefined;
    depth += mark === '(;' ? 1 : -1;
    if (depth === 0) return COMMENT_MARK.lastIndex;
  }
}

function meaningOf(word: string, start: number): Expr | TokenFault {
  if (word === 'true' || word === 'false') return { kind: 'bool', value: word === 'true' };
  if (/^\$./.test(word)) return { kind: 'ident', name: word.slice(1) };
  if (INTEGER.test(word)) {
    const value = integer(word);
    if (value >= MIN_I64 && value <= MAX_I64) return { kind: 'int', value };
    return fault(start, `${quoted(word)} does not fit a signed 64-bit integer`);
  }
  if (FLOAT.test(word)) return { kind: 'float', value: Number(word) };
  if (INFINITE_OR_NAN.test(word)) {
    return { kind: 'float', value: word.endsWith('nan') ? NaN : word.startsWith('-') ? -Infinity : Infinity };
  }
  if (IDENTIFIER.test(word)) return { kind: 'ident', name: word };
  return fault(start, `${quoted(word)} is neither a number nor a name`);
}

function integer(word: string): bigint {
  const magnitude = BigInt(word.replace(/^[+-]/, '').replaceAll('_', ''));
  return word.startsWith('-') ? -magnitude : magnitude;
}

/** One element of a string: plain characters, a named escape, a byte, or a code point. */
const STRING_PART = /((?:[^"\\\p{Cc}]|[\u0080-\u009f])+)|\\([tnr"'\\])|\\([\dA-Fa-f]{2})|\\u\{0*([\dA-Fa-f]{1,6})\}/uy;
const NAMED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', '"': '"', "'": "'", '\\': '\\' };

function stringToken(text: string, start: number): Token | TokenFault {
  const parts: Uint8Array[] = [];
  STRING_PART.lastIndex = start + 1;
  let at = start + 1;
  for (let part = STRING_PART.exec(text); part !== null; part = STRING_PART.exec(text)) {
    const [, plain, named, byte, point] = part;
    const bytes = stringPart(plain ?? NAMED[named ?? ''], byte, point);
    if (bytes === undefined) return fault(at, 'an escape is no character');
    parts.push(bytes);
    at = STRING_PART.lastIndex;
  }
  if (text[at] !== '"') return fault(at < text.length ? at : start, 'a string is not closed or has a wrong character');
  const end = at + 1;
  WORD.lastIndex = end;
  if (text[end] === '"' || WORD.test(text)) return fault(start, 'a blank is missing behind a string');
  try {
    return { kind: 'leaf', expr: { kind: 'str', value: fromUtf8(concat(...parts)) }, start, end };
  } catch (error) {
    if (hasCode(error, 'BYTES_INVALID_UTF8')) return fault(start, 'the bytes of a string are not UTF-8');
    throw error;
  }
}

/** Bytes of one element; undefined for a code point that is no character. */
function stringPart(characters?: string, byte?: string, point?: string): Uint8Array | undefined {
  if (characters !== undefined) return utf8(characters);
  if (byte !== undefined) return fromHex(byte);
  const code = Number.parseInt(point ?? '', 16);
  const isCharacter = code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? utf8(String.fromCodePoint(code)) : undefined;
}

function fault(start: number, why: string): TokenFault {
  return { kind: 'fault', start, why };
}
