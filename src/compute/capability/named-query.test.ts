import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tableOf } from '../../../test/support/capability-tables.ts';
import { countPlaceholders, queryTypeOf } from './named-query.ts';

test('places are counted as the specification says', () => {
  const rows = tableOf('7', 'Query');
  assert.equal(rows.length, 7);
  for (const [text = '', postgresql, mysql] of rows) {
    assert.equal(countPlaceholders(text, 'postgresql'), Number(postgresql), text);
    assert.equal(countPlaceholders(text, 'mysql'), Number(mysql), text);
  }
});

test('without a database, numbered places are tried first', () => {
  assert.equal(countPlaceholders('a = $2 AND b = $1', undefined), 2);
  assert.equal(countPlaceholders('a = ? AND b = ?', undefined), 2);
  assert.equal(countPlaceholders('select 1', undefined), 0);
});

test('unclosed quotes and comments run to the end, in time', () => {
  for (const open of ["'", '"', '`', '/*', '$a$', '$$', "'\\"]) {
    assert.equal(
      countPlaceholders(`? $1 ${open} ? $2 `, open === '`' ? 'mysql' : open.startsWith('$') ? 'postgresql' : undefined),
      1,
      open,
    );
    const long = `${open} `.repeat(20_000);
    const started = performance.now();
    countPlaceholders(long, 'mysql');
    countPlaceholders(long, 'postgresql');
    assert.ok(performance.now() - started < 5000, open);
  }
});

test('the first word says the type', () => {
  assert.equal(queryTypeOf('\n\t SeLeCt 1'), 'select');
  assert.equal(queryTypeOf('insert'), 'insert');
  assert.equal(queryTypeOf('selection'), undefined);
  assert.equal(queryTypeOf('-- x\nselect'), undefined);
  assert.equal(queryTypeOf(''), undefined);
});
