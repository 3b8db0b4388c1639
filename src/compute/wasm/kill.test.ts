import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { assemble, engine, leb, moduleOf, name, section } from '../../../test/support/wasm-engine.ts';
import { prepareModule } from './prepare.ts';

// Guests that never return run in a worker; when one says that it has begun, this thread raises the flag, and yield throws
// the error of a trap, which no guest can catch. A guest without checks would hang the worker: then the test fails by its deadline.

const DEADLINE_MS = 10_000;

const WORKER = `
const { parentPort } = require('node:worker_threads');
let kill;
try {
  new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(
    [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 8, 1, 0, 10, 5, 1, 3, 0, 0, 11])));
} catch (trap) {
  kill = trap;
}
parentPort.on('message', ({ bytes, memory, flag, begun, name }) => {
  let yields = 0;
  const word = new Int32Array(begun);
  const env = { begin: () => { Atomics.store(word, 0, 1); Atomics.notify(word, 0); } };
  const perigee = { flag, yield: () => { yields++; throw kill; } };
  if (memory !== undefined) perigee.memory = new WebAssembly.Memory(memory);
  try {
    new WebAssembly.Instance(new WebAssembly.Module(bytes), { env, perigee }).exports[name]();
    parentPort.postMessage('returned');
  } catch (error) {
    parentPort.postMessage(error === kill && yields === 1 ? 'killed' : 'threw ' + error + ' after ' + yields);
  }
});
`;

let worker: Worker;

before(() => {
  worker = new Worker(WORKER, { eval: true });
});

after(() => worker.terminate());

async function outcome(bytes: Uint8Array): Promise<unknown> {
  const prepared = prepareModule(bytes);
  const { minPages: initial, maxPages: maximum, source } = prepared.memory;
  const flag = new engine.Memory({ initial: 1, maximum: 1, shared: true });
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const answer = once(worker, 'message', { signal: AbortSignal.timeout(DEADLINE_MS) });
  const order = {
    bytes: prepared.bytes,
    memory: source === 'own' ? { initial, maximum } : undefined,
    flag,
    begun: begun.buffer,
    name: prepared.startExport ?? 'run',
  };
  worker.postMessage(order, []);
  const waiting = Atomics.waitAsync(begun, 0, 0, DEADLINE_MS);
  if (waiting.async) assert.equal(await waiting.value, 'ok', 'the guest begins');
  Atomics.store(new Int32Array(flag.buffer), 0, 1);
  return ((await answer) as unknown[])[0];
}

const BEGIN = '(import "env" "begin" (func $begin))';

/** A function that runs for years without a loop: each of a chain calls the next twice. */
const FAN_OUT = Array.from({ length: 60 }, (_, i) => `(func $f${i} (call $f${i + 1}) (call $f${i + 1}))`).join('');

const GUESTS: readonly [title: string, text: string][] = [
  ['an empty loop', '(func (export "run") (call $begin) (loop (br 0)))'],
  ['a loop in a loop', '(func (export "run") (call $begin) (loop (loop (br 1))))'],
  ['a loop that goes on by br_table', '(func (export "run") (call $begin) (loop (br_table 0 0 (i32.const 7))))'],
  [
    'a loop that computes',
    `(memory 1) (func (export "run") (local i64) (call $begin)
      (loop (local.set 0 (i64.mul (local.get 0) (i64.const 31))) (i64.store (i32.const 0) (local.get 0)) (br 0)))`,
  ],
  [
    'recursion that branches',
    `(func (export "run") (call $begin) (drop (call $fib (i32.const 1023))))
     (func $fib (param i32) (result i32) (if (result i32) (i32.and (local.get 0) (i32.const 63))
       (then (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 1)))))
       (else (i32.const 1))))`,
  ],
  [
    'recursion through a table',
    `(table funcref (elem $go)) (type $t (func (param i32)))
     (func (export "run") (call $begin) (call $go (i32.const 1023)))
     (func $go (type $t) (if (i32.and (local.get 0) (i32.const 63)) (then
       (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))
       (call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0)))))`,
  ],
  ['a chain of calls that doubles', `(func (export "run") (call $begin) (call $f0)) ${FAN_OUT} (func $f60)`],
  ['tail calls', '(func (export "run") (call $begin) (return_call $go)) (func $go (return_call $go))'],
  [
    'indirect tail calls',
    `(table funcref (elem $go)) (func (export "run") (call $begin) (return_call $go))
     (func $go (return_call_indirect (i32.const 0)))`,
  ],
  [
    'a guest that catches everything, and goes on',
    `(tag $t) (func (export "run") (call $begin)
      (loop $again (block $caught (try_table (catch_all $caught) (loop (br 0)))) (br $again)))`,
  ],
  [
    'a guest that throws in a circle',
    `(tag $t) (func (export "run") (call $begin)
      (loop $again (try_table (catch $t $again) (throw $t)) (unreachable)))`,
  ],
  ['a start function', '(start $spin) (func $spin (call $begin) (loop (br 0)))'],
  [
    'fills of the largest memory, one after the other, without a loop',
    `(memory 1024) (func (export "run") (call $begin)
      ${'(memory.fill (i32.const 0) (i32.const 1) (i32.const 67108864))'.repeat(5_000)})`,
  ],
  [
    'copies, without a loop',
    `(memory 1024) (func (export "run") (call $begin)
      ${'(memory.copy (i32.const 0) (i32.const 1) (i32.const 67108863))'.repeat(5_000)})`,
  ],
  [
    'fills of a table, without a loop',
    `(table 65536 externref) (func (export "run") (call $begin)
      ${'(table.fill (i32.const 0) (ref.null extern) (i32.const 65536))'.repeat(20_000)})`,
  ],
];

for (const [title, text] of GUESTS) {
  test(`stopped: ${title}`, async () => {
    assert.equal(await outcome(assemble(`(module ${BEGIN} ${text})`)), 'killed');
  });
}

test('stopped: a guest that catches everything in the older form, and goes on', async () => {
  const spin = [0, 0x10, 0, 0x03, 0x40, 0x06, 0x40, 0x03, 0x40, 0x0c, 0, 0x0b, 0x19, 0x0c, 1, 0x0b, 0x0b, 0x0b];
  const bytes = moduleOf(
    section(1, 1, 0x60, 0, 0),
    section(2, 1, name('env'), name('begin'), 0, 0),
    section(3, 1, 0),
    section(7, 1, name('run'), 0, 1),
    section(10, 1, leb(spin.length), spin),
  );
  assert.equal(await outcome(bytes), 'killed');
});
