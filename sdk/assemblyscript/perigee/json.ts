/** The one part of writing JSON that is easy to get wrong. */

/** `text` as a JSON string, quotes included. */
export function quote(text: string): string {
  const parts = new Array<string>();
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
    parts.push(text.substring(from, i));
    parts.push(escaped(code));
    from = i + 1;
  }
  parts.push(text.substring(from));
  return '"' + parts.join('') + '"';
}

function escaped(code: i32): string {
  if (code == 0x22) return '\\"';
  if (code == 0x5c) return '\\\\';
  if (code == 0x0a) return '\\n';
  if (code == 0x0d) return '\\r';
  if (code == 0x09) return '\\t';
  return '\\u' + code.toString(16).padStart(4, '0');
}
