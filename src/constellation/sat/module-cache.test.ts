import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { testModuleCache } from './conformance.ts';
import { MemoryModuleCache } from './module-cache.ts';
import { DiskModuleCache } from './module-cache-disk.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'perigee-modules-'));
after(() => rmSync(root, { recursive: true, force: true }));

const digest = (n: number): string => n.toString(16).padStart(64, '0');
let folders = 0;
const folder = (): string => path.join(root, String(folders++));
let now = 1_700_000_000_000;
const clock = { nowMs: () => (now += 1000) };

suite('in memory', () => testModuleCache((maxBytes) => Promise.resolve(new MemoryModuleCache(maxBytes))));

suite('on disk', () => {
  testModuleCache((maxBytes) => DiskModuleCache.open({ directory: folder(), clock, maxBytes }));

  test('belongs to its owner only', async () => {
    const directory = folder();
    mkdirSync(directory, { mode: 0o755 });
    const cache = await DiskModuleCache.open({ directory, clock });
    await cache.put(digest(1), Uint8Array.of(1));
    assert.equal(statSync(directory).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(directory), [`${digest(1)}.wasm`]);
    assert.equal(statSync(path.join(directory, `${digest(1)}.wasm`)).mode & 0o777, 0o600);
  });

  test('is there again after a restart, in the same order', async () => {
    const directory = folder();
    const cache = await DiskModuleCache.open({ directory, clock });
    for (const n of [1, 2, 3]) await cache.put(digest(n), new Uint8Array(10).fill(n));
    await cache.get(digest(1));
    const again = await DiskModuleCache.open({ directory, clock, maxBytes: 100 });
    assert.equal((await again.digests(10)).length, 3);
    assert.deepEqual(
      [...(await again.get(digest(2)))!],
      Array.from({ length: 10 }, () => 2),
    );
    const small = await DiskModuleCache.open({ directory, clock, maxBytes: 25 });
    assert.equal((await small.digests(10)).length, 2);
    assert.equal(readdirSync(directory).length, 2);
  });

  test('removes what an interrupted write left, and touches nothing else', async () => {
    const directory = folder();
    mkdirSync(directory);
    writeFileSync(path.join(directory, 'abc.part'), 'half');
    writeFileSync(path.join(directory, 'README'), 'mine');
    writeFileSync(path.join(directory, `${digest(1)}.wasm.bak`), 'mine too');
    const cache = await DiskModuleCache.open({ directory, clock });
    assert.deepEqual(readdirSync(directory).sort(), [`${digest(1)}.wasm.bak`, 'README'].sort());
    assert.deepEqual(await cache.digests(10), []);
  });

  test('has nothing of a file that somebody removed', async () => {
    const directory = folder();
    const cache = await DiskModuleCache.open({ directory, clock });
    await cache.put(digest(1), Uint8Array.of(1));
    rmSync(path.join(directory, `${digest(1)}.wasm`));
    assert.equal(await cache.get(digest(1)), undefined);
    assert.deepEqual(await cache.digests(10), []);
  });

  test('writes no file under a name that is no digest', async () => {
    const directory = folder();
    const cache = await DiskModuleCache.open({ directory, clock });
    for (const name of ['../escape', 'A'.repeat(64), '']) {
      await assert.rejects(cache.put(name, Uint8Array.of(1)), { code: 'SAT_CACHE_UNUSABLE' });
      assert.equal(await cache.get(name), undefined);
    }
    assert.deepEqual(readdirSync(directory), []);
  });

  test('says when it cannot be used', async () => {
    const file = path.join(root, 'file');
    writeFileSync(file, 'no folder');
    await assert.rejects(DiskModuleCache.open({ directory: path.join(file, 'x'), clock }), {
      code: 'SAT_CACHE_UNUSABLE',
    });
    const directory = folder();
    const cache = await DiskModuleCache.open({ directory, clock });
    rmSync(directory, { recursive: true });
    await assert.rejects(cache.put(digest(1), Uint8Array.of(1)), { code: 'SAT_CACHE_UNUSABLE' });
    chmodSync(root, 0o700);
    assert.equal(readFileSync(file, 'utf8'), 'no folder');
  });
});
