/** Values that live longer than a call, shared by the functions of the application (`runnable-abi.md` §7.4). */
import { currentCall } from './abi';
import { Answer, take } from './answer';
import { cache_get, cache_set } from './env';
import { Utf8 } from './utf8';

/** The value of `key`; refused with `key not found` when there is none. */
export function get(key: string): Answer {
  const name = new Utf8(key);
  return take(cache_get(name.pointer, name.length, currentCall()));
}

/** Keeps a text for `ttlSeconds`, 0 for no expiry; whether it was kept. */
export function set(key: string, value: string, ttlSeconds: i32 = 0): bool {
  return setBytes(key, Uint8Array.wrap(String.UTF8.encode(value)), ttlSeconds);
}

/** Keeps bytes; as `set`. */
export function setBytes(key: string, value: Uint8Array, ttlSeconds: i32 = 0): bool {
  const name = new Utf8(key);
  return cache_set(name.pointer, name.length, value.dataStart, value.length, ttlSeconds, currentCall()) == 0;
}
