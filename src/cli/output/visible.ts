/** First the colours of `style.ts`; then control characters beside line ends and tabs, and marks that turn the direction of text. */
const UNSAFE =
  /[^\P{Cc}\n\t]\[(?:38;2;\d{1,3};\d{1,3};\d{1,3}|39|2|22|1|1;4|22;24|97;40|39;49)m|[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

/**
 * `text` as a terminal may get it. Names, attributes and reasons in it are what other nodes say: they must not move the cursor, clear
 * the screen or write to the clipboard. Our own colours stay.
 */
export function visible(text: string): string {
  return text.replaceAll(UNSAFE, (match) =>
    match.length > 1 && match.startsWith('\u001b') ? match : `\ufffd${match.slice(1)}`,
  );
}
