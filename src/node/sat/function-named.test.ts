import assert from 'node:assert/strict';
import { test } from 'node:test';
import { functionNamed } from './function-named.ts';

const FUNCTIONS = [
  'com.acme#default::greet@v1',
  'com.acme#shop::greet@v1',
  'com.acme#shop::pay@v1',
  'com.acme#shop::pay@v2',
].map((name) => ({ name }));

test('a function is named in full, or as far as it takes', () => {
  const named = (text: string): string => functionNamed(text, [...FUNCTIONS, ...FUNCTIONS]).name;
  assert.equal(named('greet'), 'com.acme#default::greet@v1');
  assert.equal(named('shop::greet'), 'com.acme#shop::greet@v1');
  assert.equal(named('com.acme#shop::pay@v2'), 'com.acme#shop::pay@v2');
  assert.equal(named('shop::pay@v1'), 'com.acme#shop::pay@v1');
});

test('what means none or several is refused with what there is', () => {
  assert.throws(() => functionNamed('shop::pay', FUNCTIONS), {
    code: 'NODE_INPUT',
    remedy: /@v1, com\.acme#shop::pay@v2$/,
  });
  assert.throws(() => functionNamed('sing', FUNCTIONS), { code: 'NODE_INPUT', message: /no function "sing"/ });
  assert.throws(() => functionNamed('com.other#greet', FUNCTIONS), { code: 'NODE_INPUT' });
  assert.throws(() => functionNamed('greet', []), { code: 'NODE_INPUT', remedy: /wait until/ });
  assert.throws(() => functionNamed('', FUNCTIONS), { code: 'DIRECTIVE_FQFN_INVALID' });
});
