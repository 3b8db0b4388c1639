/**
 * Markdown inside a paragraph: code, links, images, emphasis, escapes. One pass over the text makes parts of HTML; signs of
 * emphasis stay open parts until it is known what they pair with, brackets until a link's address follows.
 */
import { Emphasis } from './emphasis';
import { escape, isSafeUrl } from './escape';
import { parseTarget, Target } from './target';

/** `text` as HTML without blocks. */
export function inlineHtml(text: string): string {
  return new Inline(text).html();
}

/** A `[` or `![` whose end has not come yet. */
class Bracket {
  constructor(
    /** Its place among the parts. */
    readonly part: i32,
    readonly image: bool,
    /** First sign of emphasis after it. */
    readonly runs: i32,
  ) {}
}

const MAX_BACKTICKS: i32 = 32;
/** Longer ones are text: looking for their end again and again would take too long. */
const MAX_URL: i32 = 2048;

class Inline {
  private at: i32 = 0;
  private readonly parts: string[] = [];
  private readonly emphasis: Emphasis = new Emphasis();
  private readonly brackets: Bracket[] = [];
  /** So many of the brackets stand around a link, which no other link may do. */
  private spent: i32 = 0;
  /** By length: no more runs of so many backticks follow, so nobody looks for one again. */
  private readonly exhausted: StaticArray<bool> = new StaticArray<bool>(MAX_BACKTICKS + 1);

  constructor(private readonly text: string) {}

  html(): string {
    while (this.at < this.text.length) this.step();
    this.emphasis.resolve(this.parts, 0);
    return this.parts.join('');
  }

  private step(): void {
    const text = this.text;
    switch (text.charCodeAt(this.at)) {
      case 0x5c: // backslash
        return this.escaped();
      case 0x60: // backtick
        return this.code();
      case 0x2a: // *
      case 0x5f: // _
      case 0x7e: // ~
        this.at = this.emphasis.read(text, this.at, this.parts);
        return;
      case 0x21: // !
        if (this.codeAt(this.at + 1) == 0x5b) return this.open(2);
        return this.plain();
      case 0x5b: // [
        return this.open(1);
      case 0x5d: // ]
        return this.close();
      case 0x3c: // <
        return this.autolink();
      case 0x0a: // end of line
        return this.lineEnd();
      default:
        return this.plain();
    }
  }

  /** Text up to the next sign that may mean something. */
  private plain(): void {
    const start = this.at++;
    while (this.at < this.text.length && !isSign(this.codeAt(this.at))) this.at++;
    this.parts.push(escape(this.text.substring(start, this.at)));
  }

  private escaped(): void {
    const next = this.codeAt(this.at + 1);
    if (next == 0x0a) {
      this.parts.push('<br>\n');
    } else if (isPunctuation(next)) {
      this.parts.push(escape(this.text.charAt(this.at + 1)));
    } else {
      this.parts.push('\\');
      this.at++;
      return;
    }
    this.at += 2;
  }

  private code(): void {
    const start = this.at;
    const length = this.backticks(start);
    this.at += length;
    const end = length > MAX_BACKTICKS || this.exhausted[length] ? -1 : this.findBackticks(length);
    if (end < 0) {
      if (length <= MAX_BACKTICKS) this.exhausted[length] = true;
      this.parts.push('`'.repeat(length));
      return;
    }
    let content = this.text.substring(this.at, end).replaceAll('\n', ' ');
    // One space on either side lets code begin or end with a backtick.
    if (content.startsWith(' ') && content.endsWith(' ') && content.trim() != '') {
      content = content.substring(1, content.length - 1);
    }
    this.parts.push('<code>' + escape(content) + '</code>');
    this.at = end + length;
  }

  private backticks(from: i32): i32 {
    let end = from;
    while (this.codeAt(end) == 0x60) end++;
    return end - from;
  }

  private findBackticks(length: i32): i32 {
    let i = this.at;
    while (i < this.text.length) {
      const found = this.backticks(i);
      if (found == length) return i;
      i += max(found, 1);
    }
    return -1;
  }

  private open(length: i32): void {
    this.brackets.push(new Bracket(this.parts.length, length == 2, this.emphasis.count));
    this.parts.push(length == 2 ? '![' : '[');
    this.at += length;
  }

  private close(): void {
    this.at++;
    if (this.brackets.length == 0) {
      this.parts.push(']');
      return;
    }
    const bracket = this.brackets.pop();
    const used = this.brackets.length < this.spent && !bracket.image;
    this.spent = min(this.spent, this.brackets.length);
    let target: Target | null = null;
    if (!used) target = parseTarget(this.text, this.at);
    if (target === null) {
      this.parts.push(']');
      return;
    }
    this.emphasis.resolve(this.parts, bracket.runs);
    const label = this.parts.slice(bracket.part + 1).join('');
    while (this.parts.length > bracket.part) this.parts.pop();
    this.parts.push(bracket.image ? image(target, label) : link(target, label));
    // A link inside a link would end the outer one.
    if (!bracket.image) this.spent = this.brackets.length;
    this.at = target.end;
  }

  /** `<https://example.com>`; every other `<` is text. */
  private autolink(): void {
    const end = this.autolinkEnd();
    if (end < 0) return this.plain();
    const url = this.text.substring(this.at + 1, end);
    if (!url.includes(':') || !isSafeUrl(url)) return this.plain();
    this.parts.push(link(new Target(url, '', end + 1), escape(url)));
    this.at = end + 1;
  }

  /** The `>` that ends the word in angle brackets at the current place, or -1. */
  private autolinkEnd(): i32 {
    const limit = min(this.text.length, this.at + MAX_URL);
    for (let i = this.at + 1; i < limit; i++) {
      const code = this.text.charCodeAt(i);
      if (code == 0x3e) return i;
      if (code <= 0x20 || code == 0x3c) return -1;
    }
    return -1;
  }

  /** Two spaces at the end of a line break it. */
  private lineEnd(): void {
    const last = this.parts.length - 1;
    const hard = last >= 0 && this.parts[last].endsWith('  ');
    if (last >= 0) this.parts[last] = this.parts[last].trimEnd();
    this.parts.push(hard ? '<br>\n' : '\n');
    this.at++;
  }

  private codeAt(index: i32): i32 {
    return index < this.text.length ? this.text.charCodeAt(index) : -1;
  }
}

function link(target: Target, label: string): string {
  if (!isSafeUrl(target.url)) return label;
  return '<a href="' + escape(target.url) + '"' + titleOf(target) + '>' + label + '</a>';
}

function image(target: Target, label: string): string {
  const text = withoutTags(label);
  if (!isSafeUrl(target.url)) return text;
  return '<img src="' + escape(target.url) + '" alt="' + text + '"' + titleOf(target) + '>';
}

function titleOf(target: Target): string {
  return target.title == '' ? '' : ' title="' + escape(target.title) + '"';
}

/** The text of HTML that this file made, where every `<` begins a tag and every `>` ends one. */
function withoutTags(html: string): string {
  let text = '';
  let from = 0;
  for (let i = 0; i < html.length; i++) {
    const code = html.charCodeAt(i);
    if (code == 0x3c) text += html.substring(from, i);
    else if (code == 0x3e) from = i + 1;
  }
  return text + html.substring(from);
}

function isSign(code: i32): bool {
  switch (code) {
    case 0x0a:
    case 0x21:
    case 0x2a:
    case 0x3c:
    case 0x5b:
    case 0x5c:
    case 0x5d:
    case 0x5f:
    case 0x60:
    case 0x7e:
      return true;
    default:
      return false;
  }
}

function isPunctuation(code: i32): bool {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}
