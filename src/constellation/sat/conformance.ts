/** What every module cache has to do; each implementation runs it in its tests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModuleCache } from './module-cache.ts';

const digest = (n: number): string => n.toString(16).padStart(64, '0');

/** @param create a fresh, empty cache of `maxBytes`; its clock moves on with every call of a method. */
export function testModuleCache(create: (maxBytes: number) => Promise<ModuleCache>): void {
  test('gives back a copy of what was put', async () => {
    const cache = await create(100);
    const bytes = Uint8Array.of(1, 2, 3);
    await cache.put(digest(1), bytes);
    bytes[0] = 9;
    const got = await cache.get(digest(1));
    assert.deepEqual([...(got ?? [])], [1, 2, 3]);
    if (got !== undefined) got[1] = 9;
    assert.deepEqual([...((await cache.get(digest(1))) ?? [])], [1, 2, 3]);
  });

  test('has nothing of what was never put or was deleted', async () => {
    const cache = await create(100);
    assert.equal(await cache.get(digest(1)), undefined);
    await cache.put(digest(1), Uint8Array.of(1));
    await cache.delete(digest(1));
    await cache.delete(digest(2));
    assert.equal(await cache.get(digest(1)), undefined);
    assert.deepEqual(await cache.digests(10), []);
  });

  test('lists the most recently used first', async () => {
    const cache = await create(100);
    for (const n of [1, 2, 3]) await cache.put(digest(n), Uint8Array.of(n));
    await cache.get(digest(1));
    assert.deepEqual(await cache.digests(10), [digest(1), digest(3), digest(2)]);
    assert.deepEqual(await cache.digests(2), [digest(1), digest(3)]);
  });

  test('lets the least recently used leave when there is no room', async () => {
    const cache = await create(100);
    await cache.put(digest(1), new Uint8Array(40));
    await cache.put(digest(2), new Uint8Array(40));
    await cache.get(digest(1));
    await cache.put(digest(3), new Uint8Array(40));
    assert.deepEqual(await cache.digests(10), [digest(3), digest(1)]);
    assert.equal(await cache.get(digest(2)), undefined);
  });

  test('replaces, and does not keep what is larger than itself', async () => {
    const cache = await create(100);
    await cache.put(digest(1), new Uint8Array(60));
    await cache.put(digest(1), new Uint8Array(80));
    assert.equal((await cache.get(digest(1)))?.length, 80);
    await cache.put(digest(2), new Uint8Array(101));
    assert.equal(await cache.get(digest(2)), undefined);
    assert.equal((await cache.get(digest(1)))?.length, 80);
  });
}
