/**
 * ZIP bytes → named contents, under bounds.
 *
 * Flow: sizes of the whole and of the directory checked → every entry's name, kind and size checked from the central
 * directory → only then contents are unpacked, each into at most the size that it stated, and compared with its CRC.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import { equal, quoted } from '../../kernel/index.ts';
import { checkEntryName, decodeEntryName } from './entry-name.ts';
import { BundleError } from './errors.ts';
import type { BundleLimits } from './limits.ts';

const STORED = 0;
const DEFLATED = 8;
/** Entries below this size may have any ratio. */
const RATIO_FREE_BYTES = 1024 * 1024;
/** Upper half of the external attributes: the Unix file type, and the value for a symbolic link. */
const TYPE_MASK = 0o170000;
const SYMBOLIC_LINK = 0o120000;

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);

/**
 * The files of the ZIP archive `bytes` in the order of its directory; contents are copies. Directories are left out.
 * @throws {BundleError} BUNDLE_TOO_LARGE, BUNDLE_ZIP, BUNDLE_ENTRY_NAME, BUNDLE_ENTRY_KIND, BUNDLE_ENTRY_DUPLICATE, BUNDLE_ENTRY_CORRUPT
 */
export async function unzip(bytes: Uint8Array, limits: BundleLimits): Promise<ReadonlyMap<string, Uint8Array>> {
  if (bytes.length > limits.maxBundleBytes) throw tooLarge(`the bundle is larger than ${limits.maxBundleBytes} bytes`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const zip = await zipStep(
    yauzl.fromBufferPromise(buffer, { decodeStrings: false, lazyEntries: true, validateEntrySizes: false }),
  );
  if (zip.entryCount > limits.maxEntries) throw tooLarge(`the bundle has more than ${limits.maxEntries} entries`);
  const listed = await listEntries(zip, limits);
  const contents = new Map<string, Uint8Array>();
  for (const [name, entry] of listed) contents.set(name, await unpack(zip, bytes, name, entry));
  return contents;
}

async function listEntries(zip: yauzl.ZipFile, limits: BundleLimits): Promise<ReadonlyMap<string, yauzl.Entry>> {
  const listed = new Map<string, yauzl.Entry>();
  let total = 0;
  const entries = zip.eachEntry();
  for (let next = await zipStep(entries.next()); next.done !== true; next = await zipStep(entries.next())) {
    const entry = next.value;
    const name = decodeEntryName(entry.fileNameRaw, entry.generalPurposeBitFlag);
    checkEntryName(name);
    checkKind(name, entry);
    if (listed.has(name)) throw new BundleError('BUNDLE_ENTRY_DUPLICATE', `entry ${quoted(name)} stands twice`);
    if (entry.uncompressedSize > limits.maxEntryBytes) {
      throw tooLarge(`entry ${quoted(name)} is larger than ${limits.maxEntryBytes} bytes`);
    }
    if (entry.uncompressedSize > RATIO_FREE_BYTES && entry.uncompressedSize > entry.compressedSize * limits.maxRatio) {
      throw tooLarge(`entry ${quoted(name)} is packed more than ${limits.maxRatio} to 1`);
    }
    total += entry.uncompressedSize;
    if (total > limits.maxTotalBytes) throw tooLarge(`the contents are larger than ${limits.maxTotalBytes} bytes`);
    if (!name.endsWith('/')) listed.set(name, entry);
    else if (entry.uncompressedSize > 0) throw corrupt(name, 'is a directory with content');
  }
  return listed;
}

function checkKind(name: string, entry: yauzl.Entry): void {
  const refuse = (what: string): BundleError => new BundleError('BUNDLE_ENTRY_KIND', `entry ${quoted(name)} ${what}`);
  if (entry.isEncrypted()) throw refuse('is encrypted');
  if (((entry.externalFileAttributes >>> 16) & TYPE_MASK) === SYMBOLIC_LINK) throw refuse('is a symbolic link');
  if (entry.compressionMethod !== STORED && entry.compressionMethod !== DEFLATED) {
    throw refuse(`is packed by method ${entry.compressionMethod}, which is not supported`);
  }
}

async function unpack(zip: yauzl.ZipFile, bytes: Uint8Array, name: string, entry: yauzl.Entry): Promise<Uint8Array> {
  const local = await zipStep(zip.readLocalFileHeaderPromise(entry));
  // Some tools go by the local name: a bundle must not look different to them.
  if (!equal(local.fileName, entry.fileNameRaw)) throw corrupt(name, 'has another name in its local header');
  const packed = bytes.subarray(local.fileDataStart, local.fileDataStart + entry.compressedSize);
  if (packed.length !== entry.compressedSize) throw corrupt(name, 'is cut off');
  const content = entry.compressionMethod === STORED ? packed.slice() : await inflateEntry(name, packed, entry);
  if (content.length !== entry.uncompressedSize) throw corrupt(name, 'has another size than it states');
  if (crc32(content) !== entry.crc32) throw corrupt(name, 'has a wrong checksum');
  return content;
}

async function inflateEntry(name: string, packed: Uint8Array, entry: yauzl.Entry): Promise<Uint8Array> {
  try {
    const content = await inflate(packed, { maxOutputLength: Math.max(1, entry.uncompressedSize) });
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  } catch (cause) {
    throw corrupt(name, 'cannot be unpacked to the size it states', cause);
  }
}

/** The result of one step of the ZIP library, whose errors have no codes. */
async function zipStep<T>(step: Promise<T>): Promise<T> {
  try {
    return await step;
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : '';
    throw new BundleError('BUNDLE_ZIP', `not a readable ZIP archive: ${text}`, { cause });
  }
}

function tooLarge(message: string): BundleError {
  return new BundleError('BUNDLE_TOO_LARGE', message);
}

function corrupt(name: string, what: string, cause?: unknown): BundleError {
  return new BundleError('BUNDLE_ENTRY_CORRUPT', `entry ${quoted(name)} ${what}`, { cause });
}
