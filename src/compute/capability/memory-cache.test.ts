import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { hasCode, utf8 } from '../../kernel/index.ts';
import { cacheConformance } from './conformance.ts';
import { memoryCache } from './memory-cache.ts';

const { signal } = new AbortController();

cacheConformance('memory cache', () => {
  const clock = new VirtualClock();
  return Promise.resolve({
    cache: memoryCache(clock),
    advance: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
});

test('the least recently used entries leave first, by number', async () => {
  const cache = memoryCache(new VirtualClock(), { maxEntries: 2 });
  await cache.set('a', '1', utf8('1'), 0, signal);
  await cache.set('a', '2', utf8('2'), 0, signal);
  await cache.get('a', '1', signal);
  await cache.set('a', '3', utf8('3'), 0, signal);
  assert.equal(await cache.get('a', '2', signal), undefined);
  assert.deepEqual(await cache.get('a', '1', signal), utf8('1'));
  assert.deepEqual(await cache.get('a', '3', signal), utf8('3'));
});

test('and by size; a value above the bound is not kept and takes its old value along', async () => {
  const cache = memoryCache(new VirtualClock(), { maxBytes: 1000 });
  for (const key of ['1', '2', '3']) assert.equal(await cache.set('a', key, new Uint8Array(300), 0, signal), true);
  assert.equal(await cache.get('a', '1', signal), undefined);
  assert.equal((await cache.get('a', '3', signal))?.length, 300);
  assert.equal(await cache.set('a', '3', new Uint8Array(1000), 0, signal), false);
  assert.equal(await cache.get('a', '3', signal), undefined);
  assert.equal((await cache.get('a', '2', signal))?.length, 300);
  assert.equal(await cache.set('a', 'k'.repeat(500), new Uint8Array(0), 0, signal), false);
});

test('one namespace cannot push out another', async () => {
  const cache = memoryCache(new VirtualClock(), { maxEntries: 1 });
  await cache.set('a', 'key', utf8('a'), 0, signal);
  for (let i = 0; i < 10; i++) await cache.set('b', String(i), utf8('b'), 0, signal);
  assert.deepEqual(await cache.get('a', 'key', signal), utf8('a'));
});

test('a new namespace finds room where an old one has nothing left', async () => {
  const clock = new VirtualClock();
  const cache = memoryCache(clock, { maxNamespaces: 2 });
  await cache.set('a', 'key', utf8('a'), 1, signal);
  await cache.set('b', 'key', utf8('b'), 0, signal);
  assert.equal(await cache.set('c', 'key', utf8('c'), 0, signal), false);
  await clock.advance(1000);
  assert.equal(await cache.set('c', 'key', utf8('c'), 0, signal), true);
  assert.deepEqual(await cache.get('b', 'key', signal), utf8('b'));
});

test('limits are positive whole numbers', () => {
  for (const value of [0, -1, 1.5, Number.NaN, Infinity]) {
    assert.throws(
      () => memoryCache(new VirtualClock(), { maxEntries: value }),
      (error) => hasCode(error, 'CAPABILITY_BAD_LIMIT'),
    );
  }
});
