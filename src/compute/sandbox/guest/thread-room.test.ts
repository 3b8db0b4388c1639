import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo } from '../../../../test/support/guests.ts';
import { compileModule } from '../compile/index.ts';
import type { ModuleMessage } from '../wire/index.ts';
import { ThreadRoom } from './thread-room.ts';

const PAGE = 65_536;

/** A module that begins with one page, and what one guest of it takes. */
function moduleOf(takes: { tableEntries: number; instanceBytes: number }): ModuleMessage {
  const { code, renewExport, profile } = compileModule(echo(), 4 * PAGE, {});
  return { id: 1, code, renewExport, profile, pages: 1, maxPages: 4, ...takes };
}

const module = moduleOf({ tableEntries: 10, instanceBytes: 100 });
/** Exactly two guests of {@link module}, each with its stack. */
const TWO = { memoryBytes: 4 * PAGE, tableEntries: 20, instanceBytes: 200 };

test('two have room where there is room for two, and another when one of them has left', () => {
  const room = new ThreadRoom(TWO);
  for (let i = 0; i < 2; i++) {
    assert.equal(room.refusal(module), undefined);
    room.enter(module);
    room.resize(0, PAGE);
  }
  assert.match(room.refusal(module) ?? '', /too much memory/);
  assert.equal(room.exceeded, false);
  room.resize(PAGE, 0);
  room.leave(module);
  assert.equal(room.refusal(module), undefined);
});

test('each thing that a guest takes may be what is missing', () => {
  for (const [missing, said] of [
    [{ memoryBytes: 4 * PAGE - 1 }, /too much memory/],
    [{ tableEntries: 19 }, /too many table entries/],
    [{ instanceBytes: 199 }, /too many functions and exports/],
  ] as const) {
    const room = new ThreadRoom({ ...TWO, ...missing });
    room.enter(module);
    room.resize(0, PAGE);
    assert.match(room.refusal(module) ?? '', said);
  }
});

test('guests that grow take the room of those to come, and exceed it when they are in', () => {
  const room = new ThreadRoom(TWO);
  room.enter(module);
  room.resize(0, PAGE);
  room.resize(PAGE, PAGE + 1);
  assert.match(room.refusal(module) ?? '', /too much memory/);
  room.resize(PAGE + 1, 3 * PAGE);
  assert.equal(room.exceeded, false, 'all of it, with the stack');
  room.resize(3 * PAGE, 3 * PAGE + 1);
  assert.equal(room.exceeded, true);
  room.resize(3 * PAGE + 1, 0);
  room.leave(module);
  assert.equal(room.exceeded, false);
  assert.equal(room.refusal(moduleOf({ tableEntries: 20, instanceBytes: 200 })), undefined, 'all is as at first');
  assert.match(room.refusal(moduleOf({ tableEntries: 21, instanceBytes: 0 })) ?? '', /table entries/);
  assert.match(room.refusal(moduleOf({ tableEntries: 0, instanceBytes: 201 })) ?? '', /functions/);
});
