/** Names of ZIP entries and of static files (`bundle.md §3`, §6). */
import { fromUtf8, quoted } from '../../kernel/index.ts';
import { BundleError } from './errors.ts';

const MAX_NAME_LENGTH = 1024;
const UTF8_FLAG = 0x800;

/** The prefix of static files inside a bundle. */
export const STATIC_PREFIX = 'static/';

/**
 * The text of an entry's name. Names without the UTF-8 flag are taken as UTF-8 too: their code page is not known.
 * @throws {BundleError} BUNDLE_ENTRY_NAME
 */
export function decodeEntryName(raw: Uint8Array, generalPurposeFlag: number): string {
  try {
    return fromUtf8(raw);
  } catch (cause) {
    const how = (generalPurposeFlag & UTF8_FLAG) === 0 ? 'has no UTF-8 flag and is not UTF-8' : 'is not UTF-8';
    throw new BundleError('BUNDLE_ENTRY_NAME', `the name of an entry ${how}`, { cause });
  }
}

/**
 * Refuses names that mean another place to some tool: absolute, with `..`, `.` or empty segments, a backslash, a drive
 * letter or a control character. A directory's name ends with a slash.
 * @throws {BundleError} BUNDLE_ENTRY_NAME
 */
export function checkEntryName(name: string): void {
  const fault = faultOf(name.endsWith('/') ? name.slice(0, -1) : name);
  if (fault !== undefined) throw new BundleError('BUNDLE_ENTRY_NAME', `entry ${quoted(name)} ${fault}`);
}

/**
 * The name under which a static file is looked up: one leading `static/`, then one `/`, then one `./` are removed, each
 * once. Nothing is decoded or resolved, so no name leads out of the bundle.
 */
export function normalizeStaticName(name: string): string {
  let rest = name;
  for (const prefix of [STATIC_PREFIX, '/', './']) if (rest.startsWith(prefix)) rest = rest.slice(prefix.length);
  return rest;
}

function faultOf(name: string): string | undefined {
  if (name.length > MAX_NAME_LENGTH) return `is longer than ${MAX_NAME_LENGTH} characters`;
  if (name.includes('\\')) return 'has a backslash';
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'has a control character';
  if (name.startsWith('/')) return 'is absolute';
  if (/^[a-z]:(?!:)/i.test(name)) return 'begins with a drive letter';
  const segments = name.split('/');
  return segments.some((segment) => segment === '' || segment === '.' || segment === '..')
    ? "has an empty, '.' or '..' segment"
    : undefined;
}
