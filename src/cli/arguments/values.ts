import { InvalidValueError } from './invalid-value.ts';

/** Parsers for the values of arguments (`commands.md` §6); each throws commander's error, which becomes a usage error. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in milliseconds: digits and one of `d h m s ms`, seconds without a unit. */
export function durationMs(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,12})(d|h|m|s|ms)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidValueError('Invalid duration.');
  return Number(digits) * (UNITS[unit] ?? 1000);
}

/** A duration as {@link durationMs} reads it, in the largest unit that it is a whole number of. @param ms milliseconds. */
export function formatDuration(ms: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, one]) => ms !== 0 && ms % one === 0) ?? ['s', 1000];
  return `${ms / size}${unit}`;
}

/** A number of bytes as {@link byteCount} reads it. */
export function formatBytes(bytes: number): string {
  const exponent = [3, 2, 1].find((one) => bytes !== 0 && bytes % 1024 ** one === 0) ?? 0;
  return `${bytes / 1024 ** exponent}${['', 'KiB', 'MiB', 'GiB'][exponent]}`;
}

/** A number of bytes: digits and, if wanted, `KiB`, `MiB` or `GiB`. */
export function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidValueError('Invalid size, write for example 128MiB.');
  return Number(digits) * 1024 ** ['', 'KiB', 'MiB', 'GiB'].indexOf(unit);
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidValueError(`Not a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A port, 0 for a free one. */
export const port: (text: string) => number = wholeNumber(0, 65_535);

/** Checks `key=value`; with `bareKey` a key alone is right too. */
export function keyValue(bareKey: boolean): (text: string) => string {
  return (text) => {
    const at = text.indexOf('=');
    if (at < 0 && !bareKey) throw new InvalidValueError(`Invalid key=value pair: no '=' found in '${text}'.`);
    if (at === 0 || text === '') throw new InvalidValueError('Invalid key=value pair: the key is empty.');
    return text;
  };
}

/**
 * The pairs of a list of `key=value` texts; the last one of a key counts.
 * @param fallback the value of a key alone.
 */
export function pairsOf(texts: readonly string[], fallback = ''): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const at = text.indexOf('=');
      return at < 0 ? [text, fallback] : [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}

/** Checks the address of a worker, given as `NAME` or `/service/NAME`; gives the name. */
export function serviceName(text: string): string {
  const [, name] = /^(?:\/?service\/)?([^/\s]{1,128})$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidValueError('Not the address of a worker, such as /service/NAME.');
  return name;
}
