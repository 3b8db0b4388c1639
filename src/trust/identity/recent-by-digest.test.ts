import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { RecentByDigest } from './recent-by-digest.ts';

suite('what is remembered by digest', () => {
  test('is found again as it was kept, and the newer of two values stands', () => {
    const recent = new RecentByDigest<object>();
    const [one, two] = [{}, {}];
    assert.equal(recent.find('a'), undefined);
    recent.keep('a', one, 1);
    assert.equal(recent.find('a'), one);
    recent.keep('a', two, 1);
    assert.equal(recent.find('a'), two);
    assert.equal(recent.size, 1);
  });

  test('goes beyond the count of it, the one first that was not asked for the longest', () => {
    const recent = new RecentByDigest<string>({ count: 2 });
    recent.keep('a', 'A', 10);
    recent.keep('b', 'B', 10);
    assert.equal(recent.find('a'), 'A');
    recent.keep('c', 'C', 10);
    assert.deepEqual(
      ['a', 'b', 'c'].map((digest) => recent.find(digest)),
      ['A', undefined, 'C'],
    );
  });

  test('goes beyond the bytes of it; one kept twice counts once', () => {
    const recent = new RecentByDigest<string>({ bytes: 100 });
    recent.keep('a', 'A', 60);
    recent.keep('a', 'A', 60);
    recent.keep('b', 'B', 40);
    assert.equal(recent.size, 2);
    recent.keep('c', 'C', 1);
    assert.deepEqual(
      ['a', 'b', 'c'].map((digest) => recent.find(digest)),
      [undefined, 'B', 'C'],
    );
  });

  test('stays when something larger than everything comes, which is not remembered', () => {
    const recent = new RecentByDigest<string>({ bytes: 100 });
    recent.keep('a', 'A', 60);
    recent.keep('b', 'B', 101);
    assert.deepEqual(
      ['a', 'b'].map((digest) => recent.find(digest)),
      ['A', undefined],
    );
    recent.keep('a', 'larger', 101);
    assert.equal(recent.find('a'), undefined, 'not the value that it replaced');
    assert.equal(recent.size, 0);
  });

  test('is 1024 values of 1 MiB together unless told otherwise', () => {
    const recent = new RecentByDigest<number>();
    for (let i = 0; i < 2000; i++) recent.keep(String(i), i, 1);
    assert.equal(recent.size, 1024);
    assert.deepEqual([recent.find('975'), recent.find('976')], [undefined, 976]);
    recent.keep('large', -1, 1024 * 1024 - 1023);
    assert.equal(recent.size, 1024);
    recent.keep('one more', -2, 2);
    assert.ok(recent.size < 1024);
  });
});

interface Kept {
  readonly digest: string;
  readonly value: number;
  readonly bytes: number;
}

test('it agrees with a plain list, the one last asked for at its end', () => {
  const digest = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const use = fc.oneof(
    fc.record({ digest }),
    fc.record({ digest, value: fc.integer(), bytes: fc.integer({ min: 0, max: 12 }) }),
  );
  const bounds = fc.record({ count: fc.integer({ min: 1, max: 4 }), bytes: fc.integer({ min: 0, max: 20 }) });
  fc.assert(
    fc.property(bounds, fc.array(use, { maxLength: 60 }), ({ count, bytes: room }, uses) => {
      const recent = new RecentByDigest<number>({ count, bytes: room });
      let list: readonly Kept[] = [];
      for (const asked of uses) {
        const there = list.find((kept) => kept.digest === asked.digest);
        const others = list.filter((kept) => kept !== there);
        if ('value' in asked) {
          recent.keep(asked.digest, asked.value, asked.bytes);
          list = asked.bytes > room ? others : [...others, asked];
          while (list.length > count || list.reduce((sum, { bytes }) => sum + bytes, 0) > room) list = list.slice(1);
        } else {
          assert.equal(recent.find(asked.digest), there?.value);
          list = there === undefined ? others : [...others, there];
        }
        assert.equal(recent.size, list.length);
      }
      for (const { digest: name, value } of list) assert.equal(recent.find(name), value);
    }),
    { numRuns: 500 },
  );
});
