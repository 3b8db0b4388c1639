/** The static files of the application (`runnable-abi.md` §7.7). */
import { currentCall } from './abi';
import { Answer, take } from './answer';
import { get_static_file } from './env';
import { Utf8 } from './utf8';

/** The file `static/<name>` of the application; refused with `file does not exist` when there is none. */
export function read(name: string): Answer {
  const path = new Utf8(name);
  return take(get_static_file(path.pointer, path.length, currentCall()));
}
