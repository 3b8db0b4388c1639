/** What single lines of Markdown look like. */

/** Number of leading spaces; a tab counts up to the next multiple of four. */
export function indentOf(line: string): i32 {
  let indent = 0;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (code == 0x20) indent++;
    else if (code == 0x09) indent += 4 - (indent % 4);
    else break;
  }
  return indent;
}

/** `line` without its first `columns` columns of white space, as far as it has them. */
export function dedent(line: string, columns: i32): string {
  let column = 0;
  let i = 0;
  while (i < line.length && column < columns) {
    const code = line.charCodeAt(i);
    if (code == 0x20) column++;
    else if (code == 0x09) column += 4 - (column % 4);
    else break;
    i++;
  }
  return ' '.repeat(max(column - columns, 0)) + line.substring(i);
}

/** Whether there is nothing but white space. */
export function isBlank(line: string): bool {
  return line.trim() == '';
}

/** 1 to 6 for a heading, else 0. */
export function headingLevel(line: string): i32 {
  const text = line.trimStart();
  let level = 0;
  while (level < text.length && text.charCodeAt(level) == 0x23) level++;
  if (level == 0 || level > 6 || indentOf(line) > 3) return 0;
  return level == text.length || isSpace(text.charCodeAt(level)) ? level : 0;
}

/** The text of a heading, without the signs before and after it. */
export function headingText(line: string): string {
  const text = line.trim();
  let start = 0;
  while (start < text.length && text.charCodeAt(start) == 0x23) start++;
  let end = text.length;
  while (end > start && text.charCodeAt(end - 1) == 0x23) end--;
  // Signs that touch a word belong to it, as in "C#".
  if (end > start && end < text.length && !isSpace(text.charCodeAt(end - 1))) end = text.length;
  return text.substring(start, end).trim();
}

/** 1 or 2 when the line makes a heading of the text above it: nothing but `=` or `-`. Otherwise 0. */
export function underlineLevel(line: string): i32 {
  const text = line.trim();
  if (text == '' || indentOf(line) > 3) return 0;
  const sign = text.charCodeAt(0);
  if (sign != 0x3d && sign != 0x2d) return 0;
  for (let i = 1; i < text.length; i++) {
    if (text.charCodeAt(i) != sign) return 0;
  }
  return sign == 0x3d ? 1 : 2;
}

/** The fence that opens or closes a code block: its signs, at least three of a kind; empty when there is none. */
export function fenceOf(line: string): string {
  if (indentOf(line) > 3) return '';
  const text = line.trimStart();
  if (text.length == 0) return '';
  const sign = text.charCodeAt(0);
  if (sign != 0x60 && sign != 0x7e) return '';
  let length = 0;
  while (length < text.length && text.charCodeAt(length) == sign) length++;
  // Backticks later in the line make it inline code.
  if (length < 3 || (sign == 0x60 && text.substring(length).includes('`'))) return '';
  return text.substring(0, length);
}

/** Whether the line is a thematic break: three or more of one of `-*_`, perhaps with spaces. */
export function isRule(line: string): bool {
  if (indentOf(line) > 3) return false;
  let sign = 0;
  let count = 0;
  for (let i = 0; i < line.length; i++) {
    const code = line.charCodeAt(i);
    if (isSpace(code)) continue;
    if (code != 0x2d && code != 0x2a && code != 0x5f) return false;
    if (sign != 0 && code != sign) return false;
    sign = code;
    count++;
  }
  return count >= 3;
}

/** The marker with which a list item begins. */
export class Marker {
  constructor(
    /** `-`, `*`, `+`, or the sign after a number; items of one list have the same. */
    readonly sign: i32,
    /** The number, or -1 for a bullet. */
    readonly number: i32,
    /** Column at which the item's text begins. */
    readonly content: i32,
    /** What stands behind the marker. */
    readonly text: string,
  ) {}
}

/** The marker of `line`, if it begins a list item. */
export function markerOf(line: string): Marker | null {
  const indent = indentOf(line);
  if (indent > 3 || isRule(line)) return null;
  const text = line.trimStart();
  let width = 0;
  while (width < text.length && width < 9 && isDigit(text.charCodeAt(width))) width++;
  const number = width == 0 ? -1 : I32.parseInt(text.substring(0, width));
  if (width >= text.length) return null;
  const sign = text.charCodeAt(width);
  const bullet = sign == 0x2d || sign == 0x2a || sign == 0x2b;
  if (number < 0 ? !bullet : sign != 0x2e && sign != 0x29) return null;
  const after = text.substring(width + 1);
  if (after != '' && !isSpace(after.charCodeAt(0))) return null;
  // The marker takes the place of spaces, so that a tab behind it ends where it would without the marker.
  const start = indent + width + 1;
  const rest = ' '.repeat(start) + after;
  const gap = indentOf(rest) - start;
  // More than four spaces are the text's own indentation.
  const content = start + (isBlank(after) || gap > 4 ? 1 : gap);
  return new Marker(sign, number, content, dedent(rest, content));
}

export function isSpace(code: i32): bool {
  return code == 0x20 || code == 0x09;
}

function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39;
}
