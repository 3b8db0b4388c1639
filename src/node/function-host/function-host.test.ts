import assert from 'node:assert/strict';
import { test } from 'node:test';
import { echo, guest, realClock } from '../../../test/support/guests.ts';
import type { FunctionRequest } from '../../compute/abi/index.ts';
import { NO_GRANTS } from '../../compute/capability/index.ts';
import type { FunctionLimits } from '../../compute/directive/index.ts';
import type { CallResult } from '../../compute/sandbox/index.ts';
import { utf8 } from '../../kernel/index.ts';
import { type FunctionHost, openFunctionHost } from './index.ts';

/** A function under what its bundle declares; the host itself allows 5 s, 1 s of it running, and 16 MiB. */
async function withHost(
  bytes: Uint8Array,
  limits: FunctionLimits | undefined,
  run: (host: FunctionHost) => Promise<void>,
): Promise<void> {
  const host = await openFunctionHost({
    module: { name: 'f', application: 'com.example.test', bytes, limits },
    grants: NO_GRANTS,
    staticFiles: undefined,
    secrets: new Map(),
    timeoutMs: 5000,
    cpuMs: 1000,
    memoryBytes: 16 << 20,
    threads: 1,
    isolation: 'threads',
    concurrency: 10,
    clock: realClock,
    onLog: () => undefined,
  });
  try {
    await run(host);
  } finally {
    await host.close(0);
  }
}

function request(): FunctionRequest {
  const maps = { headers: new Map(), params: new Map(), state: new Map(), responseHeaders: new Map() };
  return { method: 'POST', url: '/', id: 'r', body: utf8('hello'), ...maps };
}

function codeOf(result: CallResult): string {
  return result.kind === 'failure' ? result.code : result.kind;
}

const SPIN = guest({ run: '(loop $l (br $l))' });
const GROW = guest({ run: '(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable' });

test('a function without limits of its own has those of its host', () =>
  withHost(GROW, undefined, async (host) => {
    const result = await host.call(request(), undefined);
    assert.deepEqual([codeOf(result), result.usage.memoryBytes], ['MEMORY_LIMIT', 16 << 20]);
  }));

test('a bundle lowers what its function may use', async () => {
  await withHost(GROW, { memoryBytes: 1 << 20 }, async (host) => {
    const result = await host.call(request(), undefined);
    assert.deepEqual([codeOf(result), result.usage.memoryBytes], ['MEMORY_LIMIT', 1 << 20]);
  });
  await withHost(SPIN, { cpuMs: 30 }, async (host) => {
    const result = await host.call(request(), undefined);
    assert.equal(codeOf(result), 'CPU_TIME');
    assert.ok(result.usage.cpuMs < 500, `${result.usage.cpuMs} ms`);
  });
});

test('a bundle does not raise it', async () => {
  await withHost(GROW, { memoryBytes: 1 << 30 }, async (host) => {
    assert.equal((await host.call(request(), undefined)).usage.memoryBytes, 16 << 20);
  });
  await withHost(SPIN, { cpuMs: 60_000, deadlineMs: 60_000 }, async (host) => {
    assert.equal(codeOf(await host.call(request(), undefined)), 'CPU_TIME');
  });
});

test('a bundle bounds how many calls there are at a time, of all and of one caller', async () => {
  for (const limits of [{ concurrency: 2 }, { callerConcurrency: 2 }]) {
    await withHost(SPIN, { ...limits, cpuMs: 60 }, async (host) => {
      const calls = Array.from({ length: 5 }, () => host.call(request(), undefined, 'a'));
      assert.deepEqual([host.stats().inFlight, host.stats().waiting], [2, 3]);
      for (const result of await Promise.all(calls)) assert.equal(codeOf(result), 'CPU_TIME');
    });
  }
});

test('a call without a caller is one of nobody’s', () =>
  withHost(echo(), { callerConcurrency: 1 }, async (host) => {
    const results = await Promise.all(Array.from({ length: 5 }, () => host.call(request(), undefined)));
    for (const result of results) assert.equal(codeOf(result), 'output');
  }));
