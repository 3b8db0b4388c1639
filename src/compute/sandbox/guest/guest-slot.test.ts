import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, guest } from '../../../../test/support/guests.ts';
import { assemble } from '../../../../test/support/wasm-engine.ts';
import { wasm } from '../../abi/index.ts';
import { compileModule } from '../compile/index.ts';
import type { ModuleMessage } from '../wire/index.ts';
import { type Occupant, SlotPool } from './guest-slot.ts';

const PAGE = 65_536;

function moduleOf(id: number, bytes: Uint8Array): ModuleMessage {
  const { code, renewExport, profile, memory, tableEntries, instanceBytes } = compileModule(bytes, 64 * PAGE, {});
  const pages = memory.initialBytes / PAGE;
  return { id, code, renewExport, profile, pages, maxPages: pages + 2, tableEntries, instanceBytes };
}

/** A pool that keeps `maxIdle` slots, with two modules that it knows. */
function pool(maxIdle = 64) {
  const slots = new SlotPool(new wasm.Memory({ initial: 1, maximum: 1, shared: true }), maxIdle);
  const [one, other] = [moduleOf(1, echo()), moduleOf(2, guest({}))];
  slots.open(one.id);
  slots.open(other.id);
  return { slots, one, other };
}

test('slots are used again, the last first', () => {
  const { slots, one } = pool();
  const taken = [slots.take(one, one.maxPages), slots.take(one, one.maxPages)];
  for (const slot of taken) slots.give(slot, true);
  assert.equal(slots.take(one, one.maxPages), taken[1]);
  assert.equal(slots.take(one, one.maxPages), taken[0]);
});

test('after a rest there is one slot of each module, and room for others', () => {
  const { slots, one, other } = pool(4);
  const taken = [one.maxPages, one.maxPages, one.maxPages - 1].map((maxPages) => slots.take(one, maxPages));
  const kept = slots.take(other, other.maxPages);
  for (const slot of [...taken, kept]) slots.give(slot, true);
  slots.rest();
  const again = [one.maxPages, one.maxPages, one.maxPages - 1].map((maxPages) => slots.take(one, maxPages));
  assert.equal(again.filter((slot) => taken.includes(slot)).length, 1);
  assert.equal(slots.take(other, other.maxPages), kept);
  // What was dropped does not count: four are kept again.
  for (const slot of again) slots.give(slot, true);
  const more = slots.take(other, other.maxPages);
  slots.give(more, true);
  assert.equal(slots.take(other, other.maxPages), more);
});

test('a rest of a pool without slots changes nothing', () => {
  const { slots, one } = pool();
  slots.rest();
  slots.rest();
  const slot = slots.take(one, one.maxPages);
  slots.give(slot, true);
  slots.rest();
  assert.equal(slots.take(one, one.maxPages), slot);
});

/** What a slot needs of a call; the guest is not run here. */
const OCCUPANT = {} as Occupant;

test('an instance is used again after a call that returned, and replaced after one that did not', () => {
  const { slots, one } = pool();
  const slot = slots.take(one, one.maxPages);
  const first = slot.occupy(OCCUPANT);
  slots.give(slot, true);
  assert.equal(slots.take(one, one.maxPages), slot);
  assert.equal(slot.occupy(OCCUPANT), first);
  slots.give(slot, false);
  assert.equal(slots.take(one, one.maxPages), slot);
  assert.notEqual(slot.occupy(OCCUPANT), first);
});

test('a module that cannot be renewed gets another instance for each call', () => {
  const { slots } = pool();
  const module = moduleOf(
    3,
    guest({ fields: '(table $t 1 funcref) (func (table.set $t (i32.const 0) (ref.null func)))' }),
  );
  slots.open(module.id);
  const slot = slots.take(module, module.maxPages);
  const first = slot.occupy(OCCUPANT);
  slots.give(slot, true);
  assert.equal(slots.take(module, module.maxPages), slot);
  assert.notEqual(slot.occupy(OCCUPANT), first);
});

test('an instance whose renewal fails is used no more', () => {
  const { slots, one } = pool();
  const code = new wasm.Module(
    assemble(`(module (import "perigee" "memory" (memory 1)) (global $renewed (mut i32) (i32.const 0))
      (func (export "perigee.renew") (if (global.get $renewed) (then (unreachable))) (global.set $renewed (i32.const 1))))`),
  );
  const slot = slots.take({ ...one, code }, one.maxPages);
  const first = slot.occupy(OCCUPANT);
  assert.throws(() => slots.give(slot, true), /unreachable/);
  assert.notEqual(slots.take(one, one.maxPages), slot);
  assert.notEqual(slot.occupy(OCCUPANT), first);
});

test('functions and exports count for what idle slots may hold together', () => {
  const { slots } = pool();
  const exports = Array.from({ length: 9000 }, (_, i) => `(func (export "${i}"))`).join('');
  const module = moduleOf(3, guest({ fields: exports }));
  slots.open(module.id);
  const taken = Array.from({ length: 40 }, () => slots.take(module, module.maxPages));
  for (const slot of taken) slots.give(slot, true);
  const again = Array.from({ length: 40 }, () => slots.take(module, module.maxPages));
  assert.equal(again.filter((slot) => taken.includes(slot)).length, 17);
});

test('tables count for what idle slots may hold together', () => {
  const { slots } = pool();
  const module = moduleOf(3, guest({ fields: '(table 65536 65536 funcref)' }));
  slots.open(module.id);
  const taken = Array.from({ length: 40 }, () => slots.take(module, module.maxPages));
  for (const slot of taken) slots.give(slot, true);
  const again = Array.from({ length: 40 }, () => slots.take(module, module.maxPages));
  assert.equal(again.filter((slot) => taken.includes(slot)).length, 15);
});
