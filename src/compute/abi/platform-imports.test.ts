import assert from 'node:assert/strict';
import { test } from 'node:test';
import { env, guest } from '../../../test/support/guests.ts';
import { platformImports } from './index.ts';

const module = guest({ imports: env('db_exec', 4) + env('log_msg', 4, 0) });

test('names what a module asks of the platform, and nothing of other hosts', () => {
  assert.deepEqual([...platformImports(module)], ['db_exec', 'log_msg']);
  assert.deepEqual([...platformImports(guest({}))], []);
  const foreign = guest({ imports: '(import "other" "db_exec" (func (param i32)))' });
  assert.deepEqual([...platformImports(foreign)], []);
});

test('any bytes have imports or none', () => {
  for (let length = 0; length < module.length; length++) platformImports(module.subarray(0, length));
  for (let at = 0; at < module.length; at++) {
    const flipped = Uint8Array.from(module);
    flipped[at] = (flipped[at] as number) ^ 0xff;
    assert.ok(platformImports(flipped).size <= 2);
  }
});
