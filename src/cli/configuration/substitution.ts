/** `$NAME`, `${NAME}`, `${NAME:-default}` and `$$` in a text; a value is not looked through again (`commands.md` §8.10). */

const VARIABLE = /\$\$|\$\{([A-Za-z_]\w*)(?::-([^}\n]*))?\}|\$([A-Za-z_]\w*)/g;

/** A text with its variables put in. */
export interface Filled {
  readonly text: string;
  /** Where in the text before what is at `offset` now comes from; for all of a value, where its variable was. */
  readonly originOf: (offset: number) => number;
}

/**
 * Puts variables in.
 * @param unknown what to throw for a name that `lookup` has nothing for.
 */
export function substitute(
  text: string,
  lookup: (name: string) => string | undefined,
  unknown: (name: string, offset: number) => Error,
): Filled {
  /** Starts of pieces, here and before; `copied` pieces go on in step. */
  const pieces: { readonly to: number; readonly from: number; readonly copied: boolean }[] = [];
  let result = '';
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const [all, braced, fallback, bare] = match;
    pieces.push({ to: result.length, from: end, copied: true });
    result += text.slice(end, match.index);
    pieces.push({ to: result.length, from: match.index, copied: false });
    end = match.index + all.length;
    const name = braced ?? bare;
    if (name === undefined) {
      result += '$';
      continue;
    }
    const found = lookup(name);
    // As in a shell, an empty value counts as none where there is a default.
    const value = fallback === undefined ? found : found || fallback;
    if (value === undefined) throw unknown(name, match.index);
    result += value;
  }
  pieces.push({ to: result.length, from: end, copied: true });
  return {
    text: result + text.slice(end),
    originOf: (offset) => {
      const piece = pieces.findLast(({ to }) => to <= offset);
      if (piece === undefined) return offset;
      return piece.copied ? piece.from + offset - piece.to : piece.from;
    },
  };
}
