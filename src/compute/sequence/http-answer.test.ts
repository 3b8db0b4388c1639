import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fromUtf8, utf8 } from '../../kernel/index.ts';
import type { FunctionCall } from '../directive/index.ts';
import { httpAnswer, SequenceError, type SequenceOutcome } from './index.ts';

const CALL: FunctionCall = {
  fn: 'a',
  target: { identifier: 'i', namespace: 'default', name: 'a', version: 'v1.0.0' },
  key: 'a',
  with: undefined,
  onErr: undefined,
  place: 'f:1:1',
};
const success = (headers: Record<string, string>, text?: string): SequenceOutcome => ({
  kind: 'output',
  output: text === undefined ? undefined : utf8(text),
  headers: new Map(Object.entries(headers)),
});
const functionError = (code: number, message: string): SequenceOutcome => ({
  kind: 'error',
  error: { kind: 'error', code, message },
  call: CALL,
});

suite('success', () => {
  test('is 200 with the bytes', () => {
    const { status, headers, body } = httpAnswer(success({}, 'hi'));
    assert.deepEqual([status, headers, fromUtf8(body)], [200, [['content-type', 'application/octet-stream']], 'hi']);
    assert.equal(httpAnswer(success({})).body.length, 0);
  });

  test('takes the headers of functions', () => {
    assert.deepEqual(httpAnswer(success({ 'Content-Type': 'text/plain', 'X-A': 'ü' })).headers, [
      ['content-type', 'text/plain'],
      ['x-a', 'ü'],
    ]);
  });

  test('leaves out what would break the message', () => {
    const bad = {
      'transfer-encoding': 'chunked',
      'Content-Length': '5',
      Connection: 'close',
      'bad name': 'x',
      '': 'x',
      'x-split': 'a\r\nset-cookie: b',
      'x-nul': '\0',
      'x-wide': '€',
      'x-good': 'a\tb',
    };
    assert.deepEqual(httpAnswer(success(bad)).headers, [
      ['content-type', 'application/octet-stream'],
      ['x-good', 'a\tb'],
    ]);
  });
});

suite('errors of functions', () => {
  const rows: readonly (readonly [number, number])[] = [
    [200, 200],
    [404, 404],
    [599, 599],
    [199, 500],
    [600, 500],
    [-1, 500],
    [0, 500],
    [2 ** 31 - 1, 500],
  ];
  for (const [code, status] of rows) {
    test(`code ${code} is status ${status}`, () => {
      const answer = httpAnswer(functionError(code, 'no "way"'));
      assert.equal(answer.status, status);
      assert.equal(fromUtf8(answer.body), `{"status":${status},"message":"no \\"way\\""}`);
      assert.deepEqual(answer.headers, [['content-type', 'application/json']]);
    });
  }

  test('statuses that have no body get none', () => {
    for (const code of [204, 304]) assert.equal(httpAnswer(functionError(code, 'x')).body.length, 0);
  });
});

suite('failures', () => {
  test('never show their text', () => {
    const error = new SequenceError('SEQUENCE_FUNCTION_FAILED', 'password is hunter2');
    const answer = httpAnswer({ kind: 'failure', error, call: CALL });
    assert.equal(answer.status, 500);
    assert.equal(fromUtf8(answer.body), '{"status":500,"message":"the request could not be completed"}');
  });

  test('are mapped by code', () => {
    const deadline = new SequenceError('SEQUENCE_DEADLINE', 'x');
    assert.equal(httpAnswer({ kind: 'failure', error: deadline, call: undefined }).status, 504);
    const answer = httpAnswer({ kind: 'failure', error: deadline, call: undefined }, () => 503);
    assert.deepEqual(
      [answer.status, JSON.parse(fromUtf8(answer.body))],
      [503, { status: 503, message: 'no capacity at the moment, try again later' }],
    );
  });
});
