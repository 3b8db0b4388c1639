/**
 * Blocks of Markdown: headings, paragraphs, code, quotations, lists, tables, rules. Each is recognised by its first line and
 * takes as many of the following lines as belong to it; quotations and list items are documents of their own.
 */
import { escape } from './escape';
import { inlineHtml } from './inline';
import {
  dedent,
  fenceOf,
  headingLevel,
  headingText,
  indentOf,
  isBlank,
  isRule,
  Marker,
  markerOf,
  underlineLevel,
} from './lines';
import { isTableAt, Table } from './table';

/** Quotations and lists inside each other; what is deeper stays text. */
const MAX_DEPTH: i32 = 16;

/** `markdown` as an HTML fragment. Markup inside it is shown, not used. */
export function toHtml(markdown: string): string {
  const lines = markdown.replaceAll('\r\n', '\n').split('\n');
  return new Blocks(lines, 0, false).html();
}

class Blocks {
  private at: i32 = 0;
  private readonly out: string[] = [];

  constructor(
    private readonly lines: string[],
    private readonly depth: i32,
    /** In a list without blank lines paragraphs are bare text. */
    private readonly tight: bool,
  ) {}

  html(): string {
    while (this.at < this.lines.length) this.block();
    return this.out.join('');
  }

  private block(): void {
    const line = this.lines[this.at];
    if (isBlank(line)) this.at++;
    else if (fenceOf(line) != '') this.code();
    else if (headingLevel(line) > 0) {
      this.heading(headingLevel(line), headingText(line));
      this.at++;
    } else if (isRule(line)) {
      this.out.push('<hr>\n');
      this.at++;
    } else if (this.depth < MAX_DEPTH && isQuote(line)) this.quotation();
    else if (this.depth < MAX_DEPTH && markerOf(line) !== null) this.list();
    else if (isTableAt(this.lines, this.at)) this.table();
    else this.paragraph();
  }

  private heading(level: i32, text: string): void {
    const tag = 'h' + level.toString();
    this.out.push('<' + tag + ' id="' + anchorOf(text) + '">' + inlineHtml(text) + '</' + tag + '>\n');
  }

  private code(): void {
    const first = this.lines[this.at++];
    const fence = fenceOf(first);
    const language = first.trim().substring(fence.length).trim().split(' ')[0];
    const indent = indentOf(first);
    const content = new Array<string>();
    while (this.at < this.lines.length) {
      const line = this.lines[this.at++];
      const end = fenceOf(line);
      if (end.length >= fence.length && end.charCodeAt(0) == fence.charCodeAt(0) && line.trim() == end) break;
      content.push(escape(dedent(line, indent)) + '\n');
    }
    const attribute = language == '' ? '' : ' class="language-' + escape(language) + '"';
    this.out.push('<pre><code' + attribute + '>' + content.join('') + '</code></pre>\n');
  }

  private quotation(): void {
    const inner = new Array<string>();
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      if (isQuote(line)) {
        const text = line.trimStart().substring(1);
        inner.push(text.startsWith(' ') ? text.substring(1) : text);
      } else if (inner.length > 0 && this.continues(inner[inner.length - 1], line)) inner.push(line);
      else break;
      this.at++;
    }
    this.out.push('<blockquote>\n' + new Blocks(inner, this.depth + 1, false).html() + '</blockquote>\n');
  }

  private list(): void {
    const first = markerOf(this.lines[this.at])!;
    const items = new Array<string[]>();
    let loose = false;
    while (this.at < this.lines.length) {
      const marker = markerOf(this.lines[this.at]);
      if (marker === null || marker.sign != first.sign) break;
      const item = this.item(marker);
      let blanks = 0;
      while (item.length > 1 && isBlank(item[item.length - 1])) {
        item.pop();
        blanks++;
      }
      const next = this.at < this.lines.length ? markerOf(this.lines[this.at]) : null;
      const goesOn = next !== null && next.sign == first.sign;
      if ((blanks > 0 && goesOn) || hasGap(item)) loose = true;
      items.push(item);
    }
    const tag = first.number < 0 ? 'ul' : 'ol';
    const start = first.number < 0 || first.number == 1 ? '' : ' start="' + first.number.toString() + '"';
    this.out.push('<' + tag + start + '>\n');
    for (let i = 0; i < items.length; i++) {
      this.out.push('<li>' + new Blocks(items[i], this.depth + 1, !loose).html().trimEnd() + '</li>\n');
    }
    this.out.push('</' + tag + '>\n');
  }

  /** The lines of the item at the current line, without marker and indentation. */
  private item(marker: Marker): string[] {
    this.at++;
    const item: string[] = [marker.text];
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      const inside = isBlank(line) || indentOf(line) >= marker.content;
      if (!inside && (markerOf(line) !== null || !this.continues(item[item.length - 1], line))) break;
      item.push(dedent(line, marker.content));
      this.at++;
    }
    return item;
  }

  private table(): void {
    const table = new Table(this.lines[this.at], this.lines[this.at + 1]);
    this.at += 2;
    while (this.at < this.lines.length && !isBlank(this.lines[this.at]) && !startsBlock(this.lines[this.at])) {
      table.add(this.lines[this.at++]);
    }
    this.out.push(table.html());
  }

  private paragraph(): void {
    const text: string[] = [this.lines[this.at++].trimStart()];
    while (this.at < this.lines.length) {
      const line = this.lines[this.at];
      const level = underlineLevel(line);
      if (level > 0) {
        this.heading(level, text.join('\n').trimEnd());
        this.at++;
        return;
      }
      if (isBlank(line) || startsBlock(line) || isTableAt(this.lines, this.at)) break;
      text.push(line.trimStart());
      this.at++;
    }
    const html = inlineHtml(text.join('\n').trimEnd());
    this.out.push(this.tight ? html + '\n' : '<p>' + html + '</p>\n');
  }

  /** Whether `line` is more text of a paragraph that ends with `before`, although it is not indented or quoted as that one. */
  private continues(before: string, line: string): bool {
    return !isBlank(before) && !isBlank(line) && !startsBlock(before) && !startsBlock(line);
  }
}

/** Whether `line` ends a paragraph before it. */
function startsBlock(line: string): bool {
  if (headingLevel(line) > 0 || fenceOf(line) != '' || isRule(line) || isQuote(line)) return true;
  // A year at the beginning of a line makes no list, and neither does a lonely hyphen.
  const marker = markerOf(line);
  return marker !== null && marker.number <= 1 && !isBlank(marker.text);
}

function isQuote(line: string): bool {
  return indentOf(line) <= 3 && line.trimStart().startsWith('>');
}

/** Whether there is a blank line between two parts of an item, outside of code. */
function hasGap(item: string[]): bool {
  let fence = '';
  for (let i = 0; i < item.length; i++) {
    const sign = fenceOf(item[i]);
    if (fence == '' && isBlank(item[i]) && i > 0) return true;
    if (sign == '') continue;
    if (fence == '') fence = sign;
    else if (sign.length >= fence.length && sign.charCodeAt(0) == fence.charCodeAt(0)) fence = '';
  }
  return false;
}

/** The name under which links find a heading: lower case, hyphens for spaces, without other signs. */
function anchorOf(text: string): string {
  let anchor = '';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code == 0x20 || code == 0x0a || code == 0x2d) anchor += '-';
    else if (code == 0x5f || (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x7a)) anchor += text.charAt(i);
    else if (code >= 0x41 && code <= 0x5a) anchor += String.fromCharCode(code + 0x20);
    else if (code > 0x7f) anchor += text.charAt(i).toLowerCase();
  }
  return anchor;
}
