import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8 } from '../../kernel/index.ts';
import { graphqlAnswer } from './graphql.ts';

const failure = (status: number, body: string): string | undefined => {
  const answer = graphqlAnswer({ status, body: utf8(body) });
  return answer.ok ? undefined : answer.message;
};

test('data passes as it came, also beside an empty list of errors', () => {
  for (const body of [
    '{"data":null}',
    '{ "data": {"b":1,"a":2} }',
    '{"data":{},"errors":[]}',
    '{"errors":null,"data":1}',
    '{}',
  ]) {
    assert.deepEqual(graphqlAnswer({ status: 200, body: utf8(body) }), { ok: true, value: utf8(body) });
  }
});

test('the first error is reported, whatever form its path has', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['{"message":"m","path":"a"}', 'graphQL error; path: a, message: m'],
    ['{"message":"m","path":["a",0,"b"]}', 'graphQL error; path: a.0.b, message: m'],
    ['{"message":"m"}', 'graphQL error; path: , message: m'],
    ['{"message":"m","path":null}', 'graphQL error; path: , message: m'],
    ['{"message":"m","path":[{}, "b"]}', 'graphQL error; path: .b, message: m'],
    ['{"path":["a"]}', 'graphQL error; path: a, message: '],
    ['"text"', 'graphQL error; path: , message: '],
  ];
  for (const [error, message] of forms)
    assert.equal(failure(200, `{"data":null,"errors":[${error},{"message":"second"}]}`), message);
});

test('statuses and bodies that are no JSON object have the texts of the reference', () => {
  assert.equal(failure(500, 'oops'), 'non-200 HTTP response code; oops');
  for (const body of ['', 'oops', '{', '[]', '"x"', 'null', '1'])
    assert.match(failure(200, body) ?? '', /^failed to Unmarshal response/);
});
