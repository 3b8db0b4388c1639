/** Words, lines and letters of the body, as JSON. */
import { request } from 'perigee';

export function run(): string {
  const text = request.body();
  let words = 0;
  let lines = 0;
  let letters = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const space = code <= 0x20 || code == 0xa0;
    if (code == 0x0a) lines++;
    if (!space) {
      // The second half of a surrogate pair belongs to the letter before it.
      if ((code & 0xfc00) != 0xdc00) letters++;
      if (!inWord) words++;
    }
    inWord = !space;
  }
  if (text.length > 0 && !text.endsWith('\n')) lines++;
  return '{"words":' + words.toString() + ',"lines":' + lines.toString() + ',"letters":' + letters.toString() + '}';
}
