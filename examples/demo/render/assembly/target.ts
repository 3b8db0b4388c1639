/** What stands behind the text of a link: `(address)`, `(<address>)` or `(address "title")`. */

/** A link's address. */
export class Target {
  constructor(
    readonly url: string,
    readonly title: string,
    /** Where the text goes on. */
    readonly end: i32,
  ) {}
}

/** Longer ones are text: looking for their end again and again would take too long. */
const MAX_LENGTH: i32 = 2048;

/** The target that begins at `at`, if one does. */
export function parseTarget(text: string, at: i32): Target | null {
  if (at >= text.length || text.charCodeAt(at) != 0x28) return null;
  const end = closing(text, at);
  if (end < 0) return null;
  let url = text.substring(at + 1, end).trim();
  let title = '';
  const quote = url.indexOf(' "');
  if (quote >= 0 && url.endsWith('"') && url.length > quote + 2) {
    title = url.substring(quote + 2, url.length - 1);
    url = url.substring(0, quote).trim();
  }
  if (url.startsWith('<') && url.endsWith('>')) url = url.substring(1, url.length - 1);
  else if (url.includes(' ') || url.includes('\n')) return null;
  return new Target(url, title, end + 1);
}

/** The parenthesis that closes the one at `at`; those between come in pairs, and none counts inside a title, which follows a space. */
function closing(text: string, at: i32): i32 {
  let depth = 0;
  let quoted = false;
  const end = min(text.length, at + MAX_LENGTH);
  for (let i = at; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code == 0x22 && (quoted || text.charCodeAt(i - 1) <= 0x20)) quoted = !quoted;
    else if (quoted) continue;
    else if (code == 0x28) depth++;
    else if (code == 0x29 && --depth == 0) return i;
  }
  return -1;
}
