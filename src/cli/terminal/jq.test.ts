import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { startJq } from './jq.ts';

async function filtered(query: string, json: string, compact = true): Promise<string> {
  await using filter = await startJq(query);
  return await filter.apply(json, compact);
}

suite('a query', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['.a', '{"a":"ü"}', '"ü"'],
    ['.[]', '[1,"two",null]', '1\n"two"\nnull'],
    ['{z:1,a:2}', 'null', '{"a":2,"z":1}'],
    ['-1', 'null', '-1'],
    ['def f: . + 1; f', '1', '2'],
    ['.[] | tonumber', '["1","x","3"]', '1'],
    ['error("x")', '1', ''],
    ['empty', '1', ''],
  ];
  for (const [query, json, expected] of cases.filter(([query]) => query !== '--version')) {
    test(`${query} of ${json}`, async () => assert.equal(await filtered(query, json), expected));
  }

  test('is indented by two when it is not to be on one line', async () => {
    assert.equal(await filtered('.', '{"b":[1],"a":{}}', false), '{\n  "a": {},\n  "b": [\n    1\n  ]\n}');
  });

  test('can be applied again and again', async () => {
    await using filter = await startJq('.n');
    for (const n of [1, 2, 3]) assert.equal(await filter.apply(`{"n":${n}}`, true), String(n));
  });

  test('reads a large result in one go', async () => {
    const json = JSON.stringify(Array.from({ length: 40_000 }, (_, i) => ({ name: `node-${i}` })));
    assert.equal(await filtered('length, .[39999].name', json), '40000\n"node-39999"');
  });

  test('writes a large result in one go', async () => {
    const json = JSON.stringify(Array.from({ length: 60_000 }, (_, i) => ({ name: `nöde-${i}` })));
    assert.ok(json.length > 1024 * 1024);
    await using filter = await startJq('.');
    assert.equal(await filter.apply(json, true), json);
    assert.equal(await filter.apply('["x"]', true), '["x"]', 'nothing is left of the one before');
    assert.equal(await filter.apply(json, true), json);
  });

  test('whose results have no end is ended by their size', async () => {
    await using filter = await startJq('"x" * 1000000 | repeat(.)');
    await assert.rejects(filter.apply('1', true), { code: 'CLI_JQ', message: /the results have more than \d+ bytes/ });
  });

  for (const query of ['.b, (', 'foo', '', '1)|(2', '--version', '('.repeat(2000), '.'.repeat(5000)]) {
    test(`that is wrong is refused before anything is done: ${query.slice(0, 20)}`, async () => {
      await assert.rejects(startJq(query), { code: 'CLI_JQ' });
    });
  }

  test('that has no end is ended', async () => {
    await using filter = await startJq('def f: f; f', 2000);
    await assert.rejects(filter.apply('1', true), { code: 'CLI_JQ', message: /it took more than 2 s/ });
  });

  test('that ends with an error of its own fails with its words', async () => {
    await assert.rejects(filtered('"enough" | halt_error', '1'), { code: 'CLI_JQ', message: /enough/ });
  });
});
