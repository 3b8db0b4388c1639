/** Contents → bundle bytes, the same for the same contents (`bundle.md §2`). */
import yazl from 'yazl';
import { concat, quoted, utf8 } from '../../kernel/index.ts';
import type { Directive } from '../directive/index.ts';
import { DEFAULT_NAMESPACE } from '../directive/index.ts';
import { checkEntryName, STATIC_PREFIX } from './entry-name.ts';
import { BundleError } from './errors.ts';
import { MANIFEST_NAMES } from './read.ts';

/** What goes into a bundle. Nothing of it is checked against the manifest: reading the result back does that. */
export interface BundleContents {
  readonly kind: Directive['kind'];
  /** Text of the manifest. */
  readonly manifest: string;
  readonly modules: readonly { readonly namespace: string; readonly name: string; readonly bytes: Uint8Array }[];
  /** By name without the leading `static/`. */
  readonly staticFiles: ReadonlyMap<string, Uint8Array>;
}

/** A regular file that its owner may write: never that of the builder's machine. */
const FILE_MODE = 0o100644;

/**
 * The bundle: manifest, then modules, then static files, each sorted by name. Its bytes do not depend on time, time zone,
 * file modes or the order of the input. Entries are stored, because what DEFLATE makes of them differs between processors.
 * @throws {BundleError} BUNDLE_ENTRY_NAME, BUNDLE_ENTRY_DUPLICATE
 */
export async function writeBundle(contents: BundleContents): Promise<Uint8Array> {
  const modules = contents.modules.map(({ namespace, name, bytes }): readonly [string, Uint8Array] => {
    if (name.includes('/')) throw new BundleError('BUNDLE_ENTRY_NAME', `module name ${quoted(name)} has a slash`);
    return [`${namespace === DEFAULT_NAMESPACE ? '' : `${namespace}::`}${name}.wasm`, bytes];
  });
  const staticFiles = [...contents.staticFiles].map(([name, bytes]): readonly [string, Uint8Array] => [
    STATIC_PREFIX + name,
    bytes,
  ]);
  const entries = [
    [MANIFEST_NAMES[contents.kind], utf8(contents.manifest)] as const,
    ...modules.sort(byName),
    ...staticFiles.sort(byName),
  ];
  const names = new Set<string>();
  for (const [name] of entries) {
    checkEntryName(name);
    if (name.endsWith('/')) throw new BundleError('BUNDLE_ENTRY_NAME', `entry ${quoted(name)} is a directory`);
    if (names.has(name)) throw new BundleError('BUNDLE_ENTRY_DUPLICATE', `entry ${quoted(name)} stands twice`);
    names.add(name);
  }
  return pack(entries);
}

async function pack(entries: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<Uint8Array> {
  const zip = new yazl.ZipFile();
  // The format stores local time, so the date must be a local one too. Noon exists on this day in every time zone.
  const mtime = new Date(1980, 0, 1, 12);
  for (const [name, bytes] of entries) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    zip.addBuffer(buffer, name, { mtime, mode: FILE_MODE, compress: false, forceDosTimestamp: true });
  }
  const parts = collect(zip);
  zip.end();
  return concat(...(await parts));
}

function collect(zip: yazl.ZipFile): Promise<readonly Uint8Array[]> {
  return new Promise((resolve, reject) => {
    const parts: Uint8Array[] = [];
    const fail = (cause: unknown): void =>
      reject(new BundleError('BUNDLE_ZIP', 'the bundle could not be packed', { cause }));
    zip.on('error', fail);
    zip.outputStream.on('error', fail);
    zip.outputStream.on('data', (part: Uint8Array) => parts.push(part));
    zip.outputStream.on('end', () => resolve(parts));
  });
}

/** By UTF-16 units: the same in every locale. */
function byName(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  if (a[0] === b[0]) return 0;
  return a[0] < b[0] ? -1 : 1;
}
