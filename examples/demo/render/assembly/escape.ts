/** Text that cannot become markup, and URLs that cannot become scripts. */

/** `text` for an element or a quoted attribute. */
export function escape(text: string): string {
  const parts = new Array<string>();
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const entity = entityOf(text.charCodeAt(i));
    if (entity == '') continue;
    parts.push(text.substring(from, i));
    parts.push(entity);
    from = i + 1;
  }
  parts.push(text.substring(from));
  return parts.join('');
}

function entityOf(code: i32): string {
  switch (code) {
    case 0x22:
      return '&quot;';
    case 0x26:
      return '&amp;';
    case 0x3c:
      return '&lt;';
    case 0x3e:
      return '&gt;';
    // A browser replaces NUL, so a filter must not see anything else there.
    case 0:
      return '\u{fffd}';
    default:
      return '';
  }
}

/**
 * Whether a link to `url` is harmless: http, https, mailto, or no scheme at all. Browsers skip control characters and spaces
 * inside a scheme, so a URL with any of them before its colon has none of these schemes.
 */
export function isSafeUrl(url: string): bool {
  for (let i = 0; i < url.length; i++) {
    const code = url.charCodeAt(i);
    if (code == 0x2f || code == 0x3f || code == 0x23) return true;
    if (code == 0x3a) {
      const scheme = url.substring(0, i).toLowerCase();
      return scheme == 'http' || scheme == 'https' || scheme == 'mailto';
    }
  }
  return true;
}
