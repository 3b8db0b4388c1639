/** Path patterns of handlers (`directive.md §6.1`). */

const MAX_PATTERN_LENGTH = 2048;

/** One piece of a pattern. `rest` takes the slash before its star and all that follows. */
export type PatternPiece =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param'; readonly name: string }
  | { readonly kind: 'rest'; readonly name: string };

/** The pieces of `pattern`; literals are single characters. A text when the pattern is not valid: the reason. */
export function parsePattern(pattern: string): readonly PatternPiece[] | string {
  if (!pattern.startsWith('/')) return `path must begin with '/': ${pattern}`;
  if (pattern.length > MAX_PATTERN_LENGTH) return `path is longer than ${MAX_PATTERN_LENGTH} characters`;
  const pieces: PatternPiece[] = [];
  for (let i = 0; i < pattern.length; ) {
    const isRest = pattern[i] === '/' && pattern[i + 1] === '*';
    const mark = isRest ? '*' : pattern[i];
    if (mark !== ':' && mark !== '*') {
      pieces.push({ kind: 'literal', text: pattern[i] as string });
      i++;
      continue;
    }
    if (mark === '*' && !isRest) return `no / before catch-all in path: ${pattern}`;
    const start = isRest ? i + 2 : i + 1;
    const slash = pattern.indexOf('/', start);
    const end = slash < 0 ? pattern.length : slash;
    const name = pattern.slice(start, end);
    if (/[:*]/.test(name)) return `only one wildcard per path segment is allowed: ${pattern}`;
    if (name === '') return `wildcards must be named with a non-empty name: ${pattern}`;
    if (isRest && slash >= 0) return `catch-all routes are only allowed at the end of the path: ${pattern}`;
    pieces.push({ kind: isRest ? 'rest' : 'param', name });
    i = end;
  }
  return pieces;
}
