import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ECHO, capabilities, echo, env, guest, realClock } from '../../../test/support/guests.ts';
import { utf8 } from '../../kernel/index.ts';
import { type CallResult, Sandbox, type SandboxLimits } from './index.ts';

// Callers and functions among each other: who has much gets no more than who has little, and too much is turned away.

const OPEN = { threads: 1, concurrency: 100, queue: 100 };

async function withSandbox(limits: Partial<SandboxLimits>, run: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { ...OPEN, ...limits } });
  try {
    await run(sandbox);
  } finally {
    await sandbox.close(0);
  }
}

function codeOf(result: CallResult): string {
  return result.kind === 'failure' ? result.code : result.kind;
}

/** A guest that waits for an answer and returns its input; answers are given by hand. */
function waitingGuest() {
  const answers: (() => void)[] = [];
  const granted = capabilities({
    cacheGet: () => new Promise((resolve) => answers.push(() => resolve({ ok: true, value: utf8('v') }))),
  });
  const bytes = guest({
    imports: env('cache_get', 3) + env('return_result', 3, 0),
    run: `(drop (call $cache_get (i32.const 0) (i32.const 4) (local.get $ident))) ${ECHO}`,
  });
  return { answers, granted, bytes };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test('a caller has no more calls in flight than its share; others pass it in line', () =>
  withSandbox({ callerConcurrency: 3 }, async (sandbox) => {
    const { answers, granted, bytes } = waitingGuest();
    const module = sandbox.load(bytes);
    const greedy = Array.from({ length: 10 }, () => sandbox.call(module, { capabilities: granted, caller: 'greedy' }));
    await until(() => answers.length === 3);
    assert.deepEqual([sandbox.stats().inFlight, sandbox.stats().waiting], [3, 7]);
    const quick = await sandbox.call(module, { capabilities: capabilities(), caller: 'modest', input: utf8('x') });
    assert.equal(codeOf(quick), 'output');
    const nobody = await sandbox.call(module, { capabilities: capabilities(), input: utf8('x') });
    assert.equal(codeOf(nobody), 'output');
    let most = 0;
    while (sandbox.stats().inFlight > 0) {
      most = Math.max(most, sandbox.stats().inFlight);
      answers.shift()?.();
      await new Promise(setImmediate);
    }
    assert.equal(most, 3);
    for (const result of await Promise.all(greedy)) assert.equal(codeOf(result), 'output');
  }));

test('in line callers take turns', () =>
  withSandbox({ concurrency: 1 }, async (sandbox) => {
    const { answers, granted, bytes } = waitingGuest();
    const module = sandbox.load(bytes);
    const order: string[] = [];
    const call = (caller: string, capabilitiesOf = capabilities()): Promise<unknown> =>
      sandbox.call(module, { capabilities: capabilitiesOf, caller }).then(() => order.push(caller));
    const calls = [call('first', granted)];
    await until(() => answers.length === 1);
    for (let i = 0; i < 4; i++) calls.push(call('many'));
    calls.push(call('few'), call('one'), call('few'));
    answers[0]?.();
    await Promise.all(calls);
    assert.deepEqual(order, ['first', 'many', 'few', 'one', 'many', 'few', 'many', 'many']);
  }));

test('a caller who has filled the line gives way to one who has not', () =>
  withSandbox({ concurrency: 1, queue: 4 }, async (sandbox) => {
    const { answers, granted, bytes } = waitingGuest();
    const module = sandbox.load(bytes);
    const holding = sandbox.call(module, { capabilities: granted });
    await until(() => answers.length === 1);
    const many = Array.from({ length: 5 }, () =>
      sandbox.call(module, { capabilities: capabilities(), caller: 'many' }),
    );
    const refused = await many[4]!;
    assert.equal(codeOf(refused), 'OVERLOADED');
    const one = sandbox.call(module, { capabilities: capabilities(), caller: 'one' });
    const pushedOut = await many[3]!;
    assert.deepEqual([codeOf(pushedOut), pushedOut.usage.cpuMs], ['OVERLOADED', 0]);
    assert.ok(pushedOut.kind === 'failure' && pushedOut.retryAfterSeconds! >= 1);
    answers[0]?.();
    assert.deepEqual((await Promise.all([holding, one, many[0]!, many[1]!, many[2]!])).map(codeOf), [
      'output',
      'output',
      'output',
      'output',
      'output',
    ]);
  }));

test('one busy call of a caller has as much of the processor as fifty of another', () =>
  withSandbox({}, async (sandbox) => {
    const spinning = sandbox.load(guest({ run: '(loop $l (br $l))' }));
    const options = { capabilities: capabilities(), limits: { deadlineMs: 400, cpuMs: 10_000 } };
    const many = Array.from({ length: 50 }, () => sandbox.call(spinning, { ...options, caller: 'many' }));
    const one = await sandbox.call(spinning, { ...options, caller: 'one' });
    const ofMany = (await Promise.all(many)).reduce((sum, { usage }) => sum + usage.cpuMs, 0);
    assert.equal(codeOf(one), 'DEADLINE');
    assert.ok(one.usage.cpuMs > ofMany / 2, `${one.usage.cpuMs} ms against ${ofMany} ms`);
  }));

test('one busy call of a function has as much of the processor as fifty of another', () =>
  withSandbox({}, async (sandbox) => {
    const busy = sandbox.load(guest({ run: '(loop $l (br $l))' }));
    const other = sandbox.load(guest({ run: '(loop $l (br $l))' }));
    const options = { capabilities: capabilities(), limits: { deadlineMs: 400, cpuMs: 10_000 } };
    const many = Array.from({ length: 50 }, (_, i) => sandbox.call(busy, { ...options, caller: `c${i}` }));
    const one = await sandbox.call(other, options);
    const ofMany = (await Promise.all(many)).reduce((sum, { usage }) => sum + usage.cpuMs, 0);
    assert.ok(one.usage.cpuMs > ofMany / 2, `${one.usage.cpuMs} ms against ${ofMany} ms`);
  }));

test('calls are turned away before their inputs fill the memory, and taken again when there is room', () =>
  withSandbox({ inputBytes: 1000, concurrency: 2 }, async (sandbox) => {
    const { answers, granted, bytes } = waitingGuest();
    const module = sandbox.load(bytes);
    const state = new Map([['s', new Uint8Array(100)]]);
    const request = {
      method: 'GET',
      url: '/',
      id: 'i',
      headers: new Map(),
      params: new Map(),
      responseHeaders: new Map(),
      body: new Uint8Array(200),
      state,
    };
    const held = Array.from({ length: 3 }, () => sandbox.call(module, { request, capabilities: granted }));
    await until(() => answers.length === 2);
    assert.deepEqual([sandbox.stats().inFlight, sandbox.stats().waiting], [2, 1], 'a waiting call holds its input too');
    const other = sandbox.load(echo());
    const last = sandbox.call(other, { capabilities: capabilities(), input: new Uint8Array(100) });
    const refused = await sandbox.call(other, { capabilities: capabilities(), input: new Uint8Array(1) });
    assert.equal(codeOf(refused), 'OVERLOADED');
    assert.match(refused.kind === 'failure' ? refused.message : '', /bytes of input/);
    assert.ok(refused.kind === 'failure' && refused.retryAfterSeconds! >= 1);
    assert.equal(codeOf(await last), 'output');
    while (sandbox.stats().inFlight > 0) {
      answers.shift()?.();
      await new Promise(setImmediate);
    }
    assert.deepEqual((await Promise.all(held)).map(codeOf), ['output', 'output', 'output']);
    const again = await sandbox.call(other, { capabilities: capabilities(), input: new Uint8Array(1000) });
    assert.equal(codeOf(again), 'output');
  }));

test('calls in line of a module that is unloaded still run', () =>
  withSandbox({ concurrency: 1 }, async (sandbox) => {
    const { answers, granted, bytes } = waitingGuest();
    const module = sandbox.load(bytes);
    const calls = Array.from({ length: 3 }, () => sandbox.call(module, { capabilities: granted }));
    sandbox.unload(module);
    while (sandbox.stats().inFlight > 0) {
      answers.shift()?.();
      await new Promise(setImmediate);
    }
    assert.deepEqual((await Promise.all(calls)).map(codeOf), ['output', 'output', 'output']);
    assert.equal(sandbox.stats().threadsLost, 0);
  }));
