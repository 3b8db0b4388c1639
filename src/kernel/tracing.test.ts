import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recordedTracing } from '../../test/support/recorded-tracing.ts';
import { CodedError, errorType, readTraceparent, traced } from './index.ts';

const GOOD = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

suite('traceparent', () => {
  test('is read as the standard writes it', () => {
    const read = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', flags: 1 };
    assert.deepEqual(readTraceparent(GOOD), read);
    assert.deepEqual(readTraceparent(GOOD.replace(/01$/, 'fe')), { ...read, flags: 0xfe });
    assert.deepEqual(readTraceparent(`cc${GOOD.slice(2)}-later`), read, 'a later version may say more');
  });

  test('anything else is none', () => {
    for (let length = 0; length < GOOD.length; length++)
      assert.equal(readTraceparent(GOOD.slice(0, length)), undefined, `cut to ${length}`);
    for (let at = 0; at < GOOD.length; at++) {
      for (const other of ['g', 'A', ' ', '\n', '\0', 'é'])
        assert.equal(readTraceparent(GOOD.slice(0, at) + other + GOOD.slice(at + 1)), undefined, `${other} at ${at}`);
    }
    const zeros = (text: string, count: number): string =>
      text.replace(new RegExp(`[0-9a-f]{${count}}`), '0'.repeat(count));
    for (const bad of [
      `ff${GOOD.slice(2)}`,
      `${GOOD}-more`,
      `${GOOD}\n`,
      ` ${GOOD}`,
      zeros(GOOD, 32),
      GOOD.replace('b7ad6b7169203331', '0'.repeat(16)),
      `cc${GOOD.slice(2)}-${'x'.repeat(64)}`,
      `${GOOD}, ${GOOD}`,
    ]) {
      assert.equal(readTraceparent(bad), undefined, bad);
    }
  });
});

suite('an operation in a span', () => {
  class RoomError extends CodedError<'ROOM_FULL'> {}

  test('ends with it, also when it fails, and says the code of the error only', async () => {
    const { tracing, spans } = recordedTracing();
    const value = await traced(tracing, 'open', { attributes: { a: 1 } }, async (span) => {
      span?.set('b', 2);
      assert.equal(spans[0]?.ended, false);
      return 'done';
    });
    assert.equal(value, 'done');
    const failing = traced(tracing, 'fail', {}, () => Promise.reject(new RoomError('ROOM_FULL', 'a secret')));
    await assert.rejects(failing, { code: 'ROOM_FULL' });
    assert.deepEqual(
      spans.map(({ name, attributes, ended, error }) => ({ name, attributes, ended, error })),
      [
        { name: 'open', attributes: { a: 1, b: 2 }, ended: true, error: undefined },
        { name: 'fail', attributes: {}, ended: true, error: 'ROOM_FULL' },
      ],
    );
  });

  test('without tracing just runs', async () => {
    assert.equal(await traced(undefined, 'open', {}, async (span) => span), undefined);
  });

  test('errors are told by their kind', () => {
    assert.equal(errorType(new TypeError('words')), 'TypeError');
    assert.equal(errorType('SIGINT'), 'Error');
  });
});
