/** Secrets that the application's operator has set (`runnable-abi.md` §7.9). */
import { currentCall } from './abi';
import { take } from './answer';
import { get_secret_value } from './env';
import { Utf8 } from './utf8';

/** The secret `name`; empty when it is not set or not granted. */
export function get(name: string): string {
  const key = new Utf8(name);
  return take(get_secret_value(key.pointer, key.length, currentCall())).textOr('');
}
