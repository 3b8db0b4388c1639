import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTimeoutMs } from './default-timeout.ts';

test('the own name of the variable comes first, and nothing is no timeout', () => {
  assert.equal(defaultTimeoutMs({}), undefined);
  assert.equal(defaultTimeoutMs({ PERIGEE_DEFAULT_TIMEOUT: '' }), undefined);
  assert.equal(defaultTimeoutMs({ OCKAM_DEFAULT_TIMEOUT: '500ms' }), 500);
  assert.equal(defaultTimeoutMs({ PERIGEE_DEFAULT_TIMEOUT: '1d', OCKAM_DEFAULT_TIMEOUT: '2s' }), 86_400_000);
});

for (const text of ['0', '0ms', '25h', 'soon', '1h30m', '-1', '999999999999d']) {
  test(`${text} is no deadline`, () => {
    assert.throws(() => defaultTimeoutMs({ PERIGEE_DEFAULT_TIMEOUT: text }), {
      code: 'CLI_INVALID_ENVIRONMENT',
      message: /PERIGEE_DEFAULT_TIMEOUT/,
    });
  });
}
