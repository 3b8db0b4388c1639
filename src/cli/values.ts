import { InvalidArgumentError } from 'commander';

/** Parsers for the values of arguments (`commands.md` §6); each throws commander's error, which becomes a usage error. */

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in milliseconds: digits and one of `d h m s ms`, seconds without a unit. */
export function durationMs(text: string): number {
  const [, digits, unit = 's'] = /^(\d{1,12})(d|h|m|s|ms)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('Invalid duration.');
  return Number(digits) * (UNITS[unit] ?? 1000);
}

/** A number of bytes: digits and, if wanted, `KiB`, `MiB` or `GiB`. */
export function byteCount(text: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})(KiB|MiB|GiB)?$/.exec(text) ?? [];
  if (digits === undefined) throw new InvalidArgumentError('Invalid size, write for example 128MiB.');
  return Number(digits) * 1024 ** ['', 'KiB', 'MiB', 'GiB'].indexOf(unit);
}

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidArgumentError(`Not a whole number from ${min} to ${max}.`);
    return value;
  };
}

/** A port, 0 for a free one. */
export const port: (text: string) => number = wholeNumber(0, 65_535);

/** Collects `key=value` pairs; a key without a value gets `fallback`, or is refused when there is none. */
export function keyValues(fallback?: string): (text: string, sofar?: Map<string, string>) => Map<string, string> {
  return (text, sofar = new Map()) => {
    const at = text.indexOf('=');
    const value = at < 0 ? fallback : text.slice(at + 1);
    const key = at < 0 ? text : text.slice(0, at);
    if (value === undefined || key === '') throw new InvalidArgumentError('Invalid key=value pair.');
    return sofar.set(key, value);
  };
}

/** Collects the values of an option that may be repeated. */
export function repeated(text: string, sofar: readonly string[] = []): readonly string[] {
  return [...sofar, text];
}
