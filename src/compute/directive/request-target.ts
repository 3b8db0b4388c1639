/** The target of an HTTP request line → a decoded path, and back (`directive.md §6.1`). */
import { fromUtf8, hasCode } from '../../kernel/index.ts';

const MAX_TARGET_LENGTH = 16_384;
/** A path in origin form without escapes, query or fragment: what most targets are, and the same decoded. */
const PLAIN = /^\/[!"$&->@-~]*$/;

/** A request target taken apart. */
export interface RequestTarget {
  /** Percent-decoded; begins with `/`, or is `*`. */
  readonly path: string;
  /** As sent, with its question mark; empty when there is none. */
  readonly query: string;
}

/**
 * The parts of `target` as it stood in the request line (origin form, absolute form or `*`; one character per byte).
 *
 * `undefined` when it is too long, has control characters, a broken escape, or a path that is not UTF-8 or holds a NUL.
 * Dot segments are kept: a route decides what they mean, and static files are looked up by exact name.
 */
export function parseRequestTarget(target: string): RequestTarget | undefined {
  if (target.length > MAX_TARGET_LENGTH) return undefined;
  if (PLAIN.test(target)) return { path: target, query: '' };
  if (target === '*') return { path: '*', query: '' };
  const local = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const isAbsolute = local.length < target.length;
  const fragment = local.indexOf('#');
  const shown = fragment < 0 ? local : local.slice(0, fragment);
  const mark = shown.indexOf('?');
  const query = mark < 0 ? '' : shown.slice(mark);
  const rawPath = mark < 0 ? shown : shown.slice(0, mark);
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u0020\u007f]/.test(shown)) return undefined;
  const path = decode(isAbsolute && rawPath === '' ? '/' : rawPath);
  return path?.startsWith('/') ? { path, query } : undefined;
}

/** `path` as it stands in a `Location` header: every character that could end or leave the path is escaped. */
export function encodePath(path: string): string {
  return encodeURI(path).replaceAll('?', '%3F').replaceAll('#', '%23');
}

/** `path` without empty, `.` and `..` segments; it begins with `/`, and a slash at its end stays. */
export function cleanPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const endsOpen = segments.length > 0 && (path.endsWith('/') || path.endsWith('/.'));
  return `/${segments.join('/')}${endsOpen ? '/' : ''}`;
}

function decode(raw: string): string | undefined {
  const bytes = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    let byte = raw.charCodeAt(i);
    if (byte === 0x25) {
      const digits = raw.slice(i + 1, i + 3);
      if (!/^[0-9a-f]{2}$/i.test(digits)) return undefined;
      byte = Number.parseInt(digits, 16);
      i += 2;
    }
    if (byte === 0 || byte > 0xff) return undefined;
    bytes[length++] = byte;
  }
  try {
    return fromUtf8(bytes.subarray(0, length));
  } catch (error) {
    if (hasCode(error, 'BYTES_INVALID_UTF8')) return undefined;
    throw error;
  }
}
