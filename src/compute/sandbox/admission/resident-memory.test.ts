import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilities, echo, guest, realClock } from '../../../../test/support/guests.ts';
import { VirtualClock } from '../../../../test/support/virtual-clock.ts';
import { type CallResult, Sandbox } from '../index.ts';
import { SandboxProcess } from '../process/index.ts';
import { ResidentMemory } from './resident-memory.ts';

const input = new TextEncoder().encode('in');

function ended(result: CallResult): readonly unknown[] {
  return result.kind === 'failure' ? [result.code, result.retryAfterSeconds] : [result.kind];
}

test('the memory is read when somebody asks, at most every 100 ms', async () => {
  const clock = new VirtualClock();
  let [bytes, reads] = [10, 0];
  const memory = new ResidentMemory(clock, () => (reads++, bytes), 10);
  assert.equal(memory.exceeded, false, 'as much as it may');
  bytes = 11;
  await clock.advance(99);
  assert.deepEqual([memory.exceeded, memory.exceeded, reads], [false, false, 1]);
  await clock.advance(1);
  assert.deepEqual([memory.exceeded, memory.exceeded, reads], [true, true, 2]);
  bytes = 10;
  await clock.advance(1000);
  assert.deepEqual([memory.exceeded, reads], [false, 3]);
});

test('a process that holds too much refuses calls while others are in flight, and takes them again', async () => {
  let bytes = 0;
  let now = 0;
  // Readings are as old as the test says, everything else is of the real time.
  const clock = { ...realClock, monotonicMs: () => performance.now() + now };
  await using sandbox = await Sandbox.create({
    clock,
    limits: { threads: 1, residentBytes: 1000 },
    residentBytes: () => bytes,
  });
  const [spinning, module] = [sandbox.load(guest({ run: '(loop $l (br $l))' })), sandbox.load(echo())];
  const call = (): Promise<CallResult> => sandbox.call(module, { input, capabilities: capabilities(), label: 'f' });
  const stop = new AbortController();
  const running = sandbox.call(spinning, { capabilities: capabilities(), signal: stop.signal });
  assert.deepEqual(ended(await call()), ['output']);
  bytes = 1001;
  now += 100;
  assert.deepEqual(ended(await call()), ['OVERLOADED', 1]);
  assert.deepEqual(sandbox.stats().failures, { OVERLOADED: 1 });
  stop.abort();
  assert.deepEqual(ended(await running), ['ABORTED', undefined]);
  assert.deepEqual(ended(await call()), ['output'], 'one at a time goes on, or memory would never be given back');
  bytes = 1000;
  now += 100;
  assert.deepEqual((await Promise.all([call(), call(), call()])).map(ended), [['output'], ['output'], ['output']]);
});

test('the owner of a sandbox process holds to it as well', async () => {
  await using sandbox = new SandboxProcess({
    clock: realClock,
    // More than the child will ever hold: it looks at itself.
    limits: { threads: 1, residentBytes: 2 ** 40 },
    residentBytes: () => 2 ** 41,
  });
  const module = await sandbox.load(echo());
  const call = (): Promise<CallResult> => sandbox.call(module, { input, capabilities: capabilities(), label: 'f' });
  const [first, second] = await Promise.all([call(), call()]);
  assert.deepEqual([ended(first), ended(second)], [['output'], ['OVERLOADED', 1]]);
  assert.deepEqual(sandbox.stats().functions[0]?.outcomes, { output: 1, OVERLOADED: 1 });
});
