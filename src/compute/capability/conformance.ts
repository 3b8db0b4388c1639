/** What every cache provider must do; an implementation calls this in its own test file. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import type { CacheProvider } from './providers.ts';

/** One fresh, empty cache under test. */
export interface CacheUnderTest extends AsyncDisposable {
  readonly cache: CacheProvider;
  /** Lets `ms` milliseconds pass for the cache. */
  readonly advance: (ms: number) => Promise<void>;
}

/** Registers the conformance tests of `CacheProvider` for the implementation called `name`. */
export function cacheConformance(name: string, open: () => Promise<CacheUnderTest>): void {
  const { signal } = new AbortController();
  const contract = (title: string, body: (under: CacheUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async () => {
      await using under = await open();
      await body(under);
    });
  };

  contract('an absent key has no value', async ({ cache }) => {
    assert.equal(await cache.get('a', 'nothing', signal), undefined);
  });

  contract('a value comes back byte for byte, an empty one too', async ({ cache }) => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index);
    assert.equal(await cache.set('a', 'every', every.slice(), 0, signal), true);
    assert.equal(await cache.set('a', 'empty', new Uint8Array(0), 0, signal), true);
    assert.deepEqual(await cache.get('a', 'every', signal), every);
    assert.deepEqual(await cache.get('a', 'empty', signal), new Uint8Array(0));
  });

  contract('setting again replaces the value', async ({ cache }) => {
    await cache.set('a', 'key', utf8('old'), 0, signal);
    await cache.set('a', 'key', utf8('new'), 0, signal);
    assert.deepEqual(await cache.get('a', 'key', signal), utf8('new'));
  });

  contract('what a reader does to its value changes nothing in the cache', async ({ cache }) => {
    await cache.set('a', 'key', utf8('value'), 0, signal);
    (await cache.get('a', 'key', signal))?.fill(0);
    assert.deepEqual(await cache.get('a', 'key', signal), utf8('value'));
  });

  contract('namespaces do not see each other, however keys are composed', async ({ cache }) => {
    await cache.set('a', 'b:c', utf8('1'), 0, signal);
    await cache.set('a:b', 'c', utf8('2'), 0, signal);
    await cache.set('', 'a:b:c', utf8('3'), 0, signal);
    assert.deepEqual(await cache.get('a', 'b:c', signal), utf8('1'));
    assert.deepEqual(await cache.get('a:b', 'c', signal), utf8('2'));
    assert.deepEqual(await cache.get('', 'a:b:c', signal), utf8('3'));
    assert.equal(await cache.get('b', 'b:c', signal), undefined);
  });

  contract('keys are any text', async ({ cache }) => {
    const keys = ['', ' ', '__proto__', 'constructor', 'ключ', '🗝', 'a\nb', 'a\0b', '*', '../x'];
    for (const key of keys) await cache.set('a', key, utf8(`value of ${key}`), 0, signal);
    for (const key of keys) assert.deepEqual(await cache.get('a', key, signal), utf8(`value of ${key}`), key);
  });

  contract('a value with a time to live is there before and gone after', async ({ cache, advance }) => {
    await cache.set('a', 'key', utf8('value'), 2, signal);
    await advance(1_500);
    assert.deepEqual(await cache.get('a', 'key', signal), utf8('value'));
    await advance(1_000);
    assert.equal(await cache.get('a', 'key', signal), undefined);
  });

  contract('setting again restarts or ends the time to live', async ({ cache, advance }) => {
    await cache.set('a', 'restarted', utf8('value'), 2, signal);
    await cache.set('a', 'ended', utf8('value'), 2, signal);
    await advance(1_500);
    await cache.set('a', 'restarted', utf8('value'), 2, signal);
    await cache.set('a', 'ended', utf8('value'), 0, signal);
    await advance(1_500);
    assert.deepEqual(await cache.get('a', 'restarted', signal), utf8('value'));
    assert.deepEqual(await cache.get('a', 'ended', signal), utf8('value'));
  });

  contract('zero and negative times mean no expiry', async ({ cache, advance }) => {
    await cache.set('a', 'zero', utf8('value'), 0, signal);
    await cache.set('a', 'negative', utf8('value'), -5, signal);
    await advance(5_000);
    assert.deepEqual(await cache.get('a', 'zero', signal), utf8('value'));
    assert.deepEqual(await cache.get('a', 'negative', signal), utf8('value'));
  });
}
