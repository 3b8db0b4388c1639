import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodedError, hasCode, quoted } from './errors.ts';

class SampleError extends CodedError<'SAMPLE_BAD' | 'SAMPLE_WORSE'> {}

test('a coded error carries name, code, cause, place and remedy', () => {
  const cause = new Error('inner');
  const error = new SampleError('SAMPLE_BAD', 'it is bad', { cause, place: 'a.yaml:1:2', remedy: 'make it good' });
  assert.ok(error instanceof Error);
  assert.equal(error.name, 'SampleError');
  assert.equal(error.code, 'SAMPLE_BAD');
  assert.equal(error.message, 'it is bad');
  assert.equal(error.cause, cause);
  assert.equal(error.place, 'a.yaml:1:2');
  assert.equal(error.remedy, 'make it good');
});

test('without options there is no cause, place or remedy', () => {
  const error = new SampleError('SAMPLE_WORSE', 'worse');
  assert.equal('cause' in error, false);
  assert.equal(error.place, undefined);
  assert.equal(error.remedy, undefined);
});

test('hasCode goes by the code, not by the class', () => {
  assert.ok(hasCode(new SampleError('SAMPLE_BAD', ''), 'SAMPLE_BAD'));
  assert.ok(hasCode(Object.assign(new Error('of another copy'), { code: 'SAMPLE_BAD' }), 'SAMPLE_BAD'));
  assert.ok(!hasCode(new SampleError('SAMPLE_WORSE', ''), 'SAMPLE_BAD'));
  assert.ok(!hasCode({ code: 'SAMPLE_BAD' }, 'SAMPLE_BAD'));
  assert.ok(!hasCode(undefined, 'SAMPLE_BAD'));
});

test('quoted shows a value on one line, without anything that moves a cursor or hides text', () => {
  assert.equal(quoted('a "b"\n'), '"a \\"b\\"\\n"');
  assert.equal(quoted(42), '"42"');
  assert.equal(quoted(undefined), '"undefined"');
  assert.equal(
    quoted('\u001b[2J\u007f\u009b2J\u202e\ufeff\u2028'),
    '"\\u001b[2J\\u007f\\u009b2J\\u202e\\ufeff\\u2028"',
  );
  assert.equal(quoted('naïve 水'), '"naïve 水"');
});

test('quoted cuts to 64 characters, and a character cut in half does no harm', () => {
  assert.equal(quoted('a'.repeat(64)), `"${'a'.repeat(64)}"`);
  assert.equal(quoted('a'.repeat(65)), `"${'a'.repeat(64)}…"`);
  assert.equal(quoted(`${'a'.repeat(63)}𐅑`), `"${'a'.repeat(63)}\\ud800…"`);
});
