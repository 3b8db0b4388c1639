import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { concat, equal, utf8 } from '../../kernel/index.ts';
import { BundleError, DEFAULT_BUNDLE_LIMITS, readBundle, writeBundle } from './index.ts';
import { unzip } from './unzip.ts';

interface Entry {
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array;
  readonly method?: number;
  readonly flags?: number;
  readonly attributes?: number;
  readonly size?: number;
  readonly crc?: number;
  readonly localName?: string;
  readonly packed?: Uint8Array;
}

/** A ZIP archive written by hand, with a lie wherever an entry asks for one. */
function archive(...entries: readonly Entry[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = entry.content ?? utf8('content');
    const method = entry.method ?? 8;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(content) : content);
    const name = typeof entry.name === 'string' ? utf8(entry.name) : entry.name;
    const localName = entry.localName === undefined ? name : utf8(entry.localName);
    const flags = entry.flags ?? 0x808;
    const common = (w: DataView, at: number, isLocal: boolean): void => {
      w.setUint16(at, 20, true);
      w.setUint16(at + 2, flags, true);
      w.setUint16(at + 4, method, true);
      // Dates stay zero; sizes and checksum are zero in the local header, as upstream writes them.
      w.setUint32(at + 10, isLocal ? 0 : (entry.crc ?? crc32(content)), true);
      w.setUint32(at + 14, isLocal ? 0 : packed.length, true);
      w.setUint32(at + 18, isLocal ? 0 : (entry.size ?? content.length), true);
    };
    const local = new DataView(new ArrayBuffer(30));
    local.setUint32(0, 0x04034b50, true);
    common(local, 4, true);
    local.setUint16(26, localName.length, true);
    const central = new DataView(new ArrayBuffer(46));
    central.setUint32(0, 0x02014b50, true);
    common(central, 6, false);
    central.setUint16(28, name.length, true);
    central.setUint32(38, entry.attributes ?? 0, true);
    central.setUint32(42, offset, true);
    const body = concat(new Uint8Array(local.buffer), localName, packed);
    parts.push(body);
    directory.push(new Uint8Array(central.buffer), name);
    offset += body.length;
  }
  const central = concat(...directory);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, entries.length, true);
  end.setUint16(10, entries.length, true);
  end.setUint32(12, central.length, true);
  end.setUint32(16, offset, true);
  return concat(...parts, central, new Uint8Array(end.buffer));
}

const open = (bytes: Uint8Array, limits = {}): Promise<ReadonlyMap<string, Uint8Array>> =>
  unzip(bytes, { ...DEFAULT_BUNDLE_LIMITS, ...limits });

async function refused(bytes: Uint8Array, code: string, limits = {}): Promise<void> {
  await assert.rejects(open(bytes, limits), (error) => error instanceof BundleError && error.code === code);
}

test('stored and deflated entries without a date are read; directories are left out', async () => {
  const files = await open(
    archive(
      { name: 'a' },
      { name: 'b', method: 0 },
      { name: 'dir/', content: utf8(''), method: 0 },
      { name: 'dir/ü', flags: 0x8 },
      { name: 'empty', content: utf8('') },
    ),
  );
  assert.deepEqual([...files.keys()], ['a', 'b', 'dir/ü', 'empty']);
  for (const name of ['a', 'b', 'dir/ü']) assert.ok(equal(files.get(name)!, utf8('content')));
  assert.equal(files.get('empty')!.length, 0);
});

suite('names', () => {
  const names = [
    '/a',
    '../a',
    'a/../b',
    'a/..',
    './a',
    'a//b',
    'a\\b',
    '..\\a',
    'C:/a',
    'c:a',
    'a\0b',
    'a\nb',
    '',
    '/',
    'a//',
    'x'.repeat(2000),
  ];
  for (const name of names) {
    test(`refuses ${JSON.stringify(name.slice(0, 10))}`, () => refused(archive({ name }), 'BUNDLE_ENTRY_NAME'));
  }
  test('refuses bytes that are no UTF-8', () => refused(archive({ name: Uint8Array.of(0xff) }), 'BUNDLE_ENTRY_NAME'));
  test('refuses the same name twice', () => refused(archive({ name: 'a' }, { name: 'a' }), 'BUNDLE_ENTRY_DUPLICATE'));
  test('refuses a name that differs in the local header', () =>
    refused(archive({ name: 'a', localName: 'b' }), 'BUNDLE_ENTRY_CORRUPT'));
});

suite('kinds', () => {
  test('refuses a symbolic link', () =>
    refused(archive({ name: 'a', attributes: 0o120777 * 65536 }), 'BUNDLE_ENTRY_KIND'));
  test('refuses an encrypted entry', () => refused(archive({ name: 'a', flags: 1 }), 'BUNDLE_ENTRY_KIND'));
  test('refuses another compression', () => refused(archive({ name: 'a', method: 14 }), 'BUNDLE_ENTRY_KIND'));
  test('refuses a directory with content', () => refused(archive({ name: 'a/' }), 'BUNDLE_ENTRY_CORRUPT'));
});

suite('sizes', () => {
  test('bounds the bundle', () => refused(archive({ name: 'a' }), 'BUNDLE_TOO_LARGE', { maxBundleBytes: 20 }));
  test('bounds the number of entries', () =>
    refused(archive({ name: 'a' }, { name: 'b' }), 'BUNDLE_TOO_LARGE', { maxEntries: 1 }));
  test('bounds one entry', () => refused(archive({ name: 'a' }), 'BUNDLE_TOO_LARGE', { maxEntryBytes: 6 }));
  test('bounds all entries', () =>
    refused(archive({ name: 'a' }, { name: 'b' }), 'BUNDLE_TOO_LARGE', { maxTotalBytes: 13 }));
  test('bounds the ratio', () =>
    refused(archive({ name: 'a', content: new Uint8Array(4_000_000) }), 'BUNDLE_TOO_LARGE'));
  test('a bomb that states a small size is cut at that size', () =>
    refused(archive({ name: 'a', content: new Uint8Array(50_000_000), size: 100 }), 'BUNDLE_ENTRY_CORRUPT'));
  test('an entry that states too much is refused', () =>
    refused(archive({ name: 'a', size: 100 }), 'BUNDLE_ENTRY_CORRUPT'));
  test('a stored entry that states too much is refused', () =>
    refused(archive({ name: 'a', method: 0, size: 100 }), 'BUNDLE_ENTRY_CORRUPT'));
});

suite('contents', () => {
  test('refuses a wrong checksum', () => refused(archive({ name: 'a', crc: 1 }), 'BUNDLE_ENTRY_CORRUPT'));
  test('refuses what is not deflated', () =>
    refused(archive({ name: 'a', packed: utf8('\xff\xff\xff') }), 'BUNDLE_ENTRY_CORRUPT'));
  test('refuses what is no archive', async () => {
    await refused(new Uint8Array(0), 'BUNDLE_ZIP');
    await refused(utf8('PK'), 'BUNDLE_ZIP');
    await refused(new Uint8Array(1000), 'BUNDLE_ZIP');
  });
});

test('every truncation and every flipped byte of a bundle gives a coded error or a bundle', async () => {
  const bundle = await writeBundle({
    kind: 'directive',
    manifest: 'identifier: a\nappVersion: v1.0.0\natmoVersion: v0.4.8\nrunnables: [{ name: a, namespace: default }]\n',
    modules: [{ namespace: 'default', name: 'a', bytes: utf8('\0asm') }],
    staticFiles: new Map([['a.txt', utf8('a')]]),
  });
  await readBundle(bundle);
  const attempt = async (bytes: Uint8Array): Promise<boolean> => {
    try {
      await readBundle(bytes);
      return true;
    } catch (error) {
      assert.ok(error instanceof BundleError, String(error));
      return false;
    }
  };
  for (let length = 0; length < bundle.length; length++) assert.equal(await attempt(bundle.slice(0, length)), false);
  for (let at = 0; at < bundle.length; at++) {
    for (const bit of [0x01, 0x80, 0xff]) {
      const flipped = bundle.slice();
      flipped[at] = flipped[at]! ^ bit;
      await attempt(flipped);
    }
  }
});
