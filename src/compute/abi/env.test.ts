import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { IDENT, type BareHost, Ended, bareHost } from '../../../test/support/host-binding.ts';
import { utf8 } from '../../kernel/index.ts';
import { askingFunctions, localFunctions, reportFunctions } from './env.ts';
import type { FunctionRequest } from './request.ts';

/** The functions as the engine calls them. */
function all(host: BareHost): Record<string, (...args: number[]) => unknown> {
  return { ...reportFunctions(host.binding), ...localFunctions(host.binding), ...askingFunctions(host.binding) };
}

function request(): FunctionRequest {
  return {
    method: 'GET',
    url: '/',
    id: '1',
    body: new Uint8Array(0),
    headers: new Map([['x-a', 'value']]),
    params: new Map(),
    state: new Map(),
    responseHeaders: new Map(),
  };
}

const OUTSIDE = 70_000;

test('the first report counts', () => {
  const host = bareHost();
  const functions = all(host);
  functions['return_result/3']!(...host.put('one'), IDENT);
  functions['return_error/4']!(1, ...host.put('two'), IDENT);
  functions['return_result/3']!(...host.put('three'), IDENT);
  assert.deepEqual(host.call.report, { kind: 'output', output: utf8('one') });
});

test('an error is a code and a text; code 0 without a text is none', () => {
  const host = bareHost();
  all(host)['return_error/4']!(-7, ...host.put('why'), IDENT);
  assert.deepEqual(host.call.report, { kind: 'error', code: -7, message: 'why' });
  const none = bareHost();
  all(none)['return_error/4']!(0, 0, 0, IDENT);
  assert.deepEqual(none.call.report, { kind: 'output', output: undefined });
});

test('an abort is error −1 with its place', () => {
  const host = bareHost();
  all(host)['return_abort/7']!(...host.put('boom'), ...host.put('a.ts'), 3, 9, IDENT);
  assert.deepEqual(host.call.report, {
    kind: 'error',
    code: -1,
    message: 'runnable abort: boom; file: a.ts, line: 3, col: 9',
  });
});

test('an empty result is an output of no bytes', () => {
  const host = bareHost();
  all(host)['return_result/3']!(-1, 0, IDENT);
  assert.deepEqual(host.call.report, { kind: 'output', output: new Uint8Array(0) });
});

test('reports from outside of the memory are dropped, and those that are too large end the guest', () => {
  const host = bareHost();
  const functions = all(host);
  functions['return_result/3']!(OUTSIDE, 3, IDENT);
  functions['return_error/4']!(1, 65_530, 100, IDENT);
  functions['return_abort/7']!(0, 1, OUTSIDE, 1, 0, 0, IDENT);
  assert.equal(host.call.report, undefined);
  assert.throws(() => functions['return_result/3']!(0, 1001, IDENT), new Ended('output of 1001'));
  assert.throws(() => functions['return_result/3']!(0, -1, IDENT), new Ended('output of 4294967295'));
  assert.throws(() => functions['return_abort/7']!(0, 600, 0, 600, 0, 0, IDENT), Ended);
});

test('a forged ident is answered with −1 or nothing, and counted', async () => {
  const host = bareHost({ request: request() });
  const functions = all(host);
  const name = host.put('x');
  const forged = 1;
  for (const [key, hostFunction] of Object.entries(functions)) {
    const parameters = Number(key.split('/')[1]);
    const args: number[] = Array.from({ length: parameters - 1 }, (_, i) => name[i % 2] ?? 0);
    const result = await hostFunction(...args, forged);
    assert.equal(result, /^(return_|log_msg|resp_set)/.test(key) ? undefined : -1, key);
  }
  assert.equal(host.counted(), Object.keys(functions).length);
  assert.deepEqual([host.asks, host.logs, host.call.report], [[], [], undefined]);
});

test('no ident is known while no call is bound', async () => {
  const host = bareHost();
  host.binding.call = undefined;
  assert.equal(await all(host)['cache_get/3']!(0, 0, IDENT), -1);
});

test('arguments outside of the memory, or larger than allowed, are −1 or dropped', async () => {
  const host = bareHost({ request: request() });
  const functions = all(host);
  /** For each function the arguments before the ident; `P` and `L` stand for a pointer and its length. */
  const shapes = {
    'add_ffi_var/5': 'PLPL',
    'log_msg/4': 'PL3',
    'fetch_url/6': '0PLPL',
    'graphql_query/5': 'PLPL',
    'cache_set/6': 'PLPL9',
    'cache_get/3': 'PL',
    'request_get_field/4': '2PL',
    'request_set_field/6': '4PLPL',
    'resp_set_header/5': 'PLPL',
    'get_static_file/3': 'PL',
    'db_exec/4': '1PL',
    'get_secret_value/3': 'PL',
  };
  const good = host.put('a');
  for (const [key, shape] of Object.entries(shapes)) {
    const pairs = shape.split('P').length - 1;
    for (let wrong = 0; wrong < pairs; wrong++) {
      for (const bad of [
        [OUTSIDE, 1],
        [65_535, 2],
        [-1, -1],
        [0, 1001],
      ] as const) {
        if (key === 'log_msg/4' && bad[0] <= 0) continue; // cut, not dropped
        let pair = -1;
        const args = shape.split('').map((letter) => {
          if (letter === 'P') pair++;
          const [pointer, length] = pair === wrong ? bad : good;
          return letter === 'P' ? pointer : letter === 'L' ? length : Number(letter);
        });
        const result = await functions[key]!(...args, IDENT);
        assert.equal(result, /^(log_msg|resp_set)/.test(key) ? undefined : -1, `${key} ${args.join(' ')}`);
      }
    }
  }
  assert.deepEqual([host.asks, host.logs, host.call.touchedRequest], [[], [], undefined]);
});

test('get_ffi_result hands out once, and −1 to a wrong pointer', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('cached') }) });
  const functions = all(host);
  assert.equal(host.pending(functions), -1);
  assert.equal(await functions['cache_get/3']!(...host.put('k'), IDENT), 6);
  assert.equal(host.pending(functions), 'cached');
  assert.equal(host.pending(functions), -1);
  assert.equal(await functions['cache_get/3']!(...host.put('k'), IDENT), 6);
  assert.equal(functions['get_ffi_result/2']!(OUTSIDE, IDENT), -1);
});

test('an empty pending value is fetched with any pointer', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: new Uint8Array(0) }) });
  const functions = all(host);
  assert.equal(await functions['cache_get/3']!(...host.put('k'), IDENT), 0);
  assert.equal(functions['get_ffi_result/2']!(1, IDENT), 0);
  assert.equal(functions['get_ffi_result/2']!(1, IDENT), -1);
});

test('log levels; long lines are cut', () => {
  const host = bareHost();
  const log = all(host)['log_msg/4']!;
  for (const level of [1, 2, 3, 4, 0, 99]) log(...host.put('x'), level, IDENT);
  assert.deepEqual(host.logs, ['error: x', 'warn: x', 'info: x', 'debug: x', 'info: x', 'info: x']);
  log(0, 65_536, 3, IDENT);
  assert.equal(host.logs.at(-1)?.length, 'info: '.length + 8192);
  log(OUTSIDE, 1, 3, IDENT);
  assert.equal(host.logs.length, 7);
});

test('fetch_url asks with method, address, headers and body', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('page') }) });
  const functions = all(host);
  const url = host.put('https://a.example/::X-A:1');
  assert.equal(await functions['fetch_url/6']!(3, ...url, ...host.put('body'), IDENT), 4);
  assert.deepEqual(host.asks, [
    {
      capability: 'fetch',
      request: {
        method: 'POST',
        url: 'https://a.example/',
        headers: [
          ['X-A', '1'],
          ['Content-Type', 'application/octet-stream'],
        ],
        body: utf8('body'),
      },
    },
  ]);
});

test('a malformed fetch is −2 with nothing pending', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('x') }) });
  const functions = all(host);
  await functions['cache_get/3']!(...host.put('k'), IDENT);
  assert.equal(await functions['fetch_url/6']!(7, ...host.put('u'), 0, 0, IDENT), -2);
  assert.equal(host.pending(functions), -1);
  assert.equal(await functions['fetch_url/6']!(0, ...host.put('u::broken'), 0, 0, IDENT), -2);
});

test('a refusal is an error text', async () => {
  const host = bareHost();
  const functions = all(host);
  for (const [key, args] of [
    ['fetch_url/6', [0, ...host.put('u'), 0, 0]],
    ['graphql_query/5', [...host.put('u'), ...host.put('{a}')]],
    ['cache_get/3', host.put('k')],
    ['get_static_file/3', host.put('f')],
    ['db_exec/4', [1, ...host.put('q')]],
  ] as const) {
    assert.equal(await functions[key]!(...args, IDENT), -'capability is not enabled'.length, key);
    assert.equal(host.pending(functions), 'capability is not enabled');
  }
  assert.equal(await functions['cache_set/6']!(...host.put('k'), ...host.put('v'), 0, IDENT), -2);
  assert.equal(host.pending(functions), -1);
  assert.equal(await functions['get_secret_value/3']!(...host.put('s'), IDENT), 0);
  assert.equal(host.pending(functions), '');
});

test('cache_set passes key, value and time, and leaves nothing pending', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: new Uint8Array(0) }) });
  const functions = all(host);
  assert.equal(await functions['cache_set/6']!(...host.put('k'), ...host.put('v'), -5, IDENT), 0);
  assert.deepEqual(host.asks, [{ capability: 'cacheSet', key: 'k', value: utf8('v'), ttlSeconds: -5 }]);
  assert.equal(host.pending(functions), -1);
});

test('variables of a query go in the order they were added, once', async () => {
  const host = bareHost({ answer: () => ({ ok: true, value: utf8('[]') }) });
  const functions = all(host);
  const add = functions['add_ffi_var/5']!;
  assert.equal(add(...host.put('b'), ...host.put('1'), IDENT), 0);
  assert.equal(add(...host.put('a'), ...host.put('2'), IDENT), 0);
  assert.equal(await functions['db_exec/4']!(1, ...host.put('q'), IDENT), 2);
  assert.equal(await functions['db_exec/4']!(0, ...host.put('q'), IDENT), 2);
  assert.deepEqual(host.asks, [
    { capability: 'database', type: 'select', name: 'q', variables: ['1', '2'] },
    { capability: 'database', type: 'insert', name: 'q', variables: [] },
  ]);
  assert.equal(await functions['db_exec/4']!(4, ...host.put('q'), IDENT), -'query type invalid'.length);
});

test('the sum of all variables is bounded', () => {
  const host = bareHost();
  const add = all(host)['add_ffi_var/5']!;
  assert.equal(add(0, 0, 0, 900, IDENT), 0);
  assert.equal(add(0, 0, 0, 101, IDENT), -1);
  assert.equal(add(0, 0, 0, 100, IDENT), 0);
  for (let i = 0; i < 1022; i++) assert.equal(add(0, 0, 0, 0, IDENT), 0);
  assert.equal(add(0, 0, 0, 0, IDENT), -1);
});

test('the query type of a JavaScript guest is not trusted', async () => {
  const host = bareHost({ javascript: true, answer: () => ({ ok: true, value: utf8('[]') }) });
  await all(host)['db_exec/4']!(0, ...host.put('q'), IDENT);
  assert.deepEqual(host.asks, [{ capability: 'database', type: undefined, name: 'q', variables: [] }]);
});

test('request fields: read, write, and what is not granted', () => {
  const host = bareHost({ request: request() });
  const functions = all(host);
  assert.equal(functions['request_get_field/4']!(2, ...host.put('X-A'), IDENT), 5);
  assert.equal(host.pending(functions), 'value');
  assert.equal(functions['request_set_field/6']!(4, ...host.put('s'), ...host.put('v'), IDENT), 0);
  assert.equal(host.pending(functions), '');
  assert.equal(functions['request_set_field/6']!(5, ...host.put('s'), ...host.put('v'), IDENT), 0);
  assert.deepEqual(host.logs, ['warn: request_set_field: fields of type 5 cannot be set']);
  functions['resp_set_header/5']!(...host.put('X-B'), ...host.put('1'), IDENT);
  assert.deepEqual(host.call.touchedRequest?.responseHeaders, new Map([['X-B', '1']]));
  assert.deepEqual(host.call.touchedRequest?.changes(), { state: new Map([['s', utf8('v')]]) });

  const refused = bareHost({ request: request(), grants: { get: false, set: false, responseHeaders: false } });
  const none = all(refused);
  assert.ok(Number(none['request_get_field/4']!(2, ...refused.put('x'), IDENT)) < -2);
  assert.equal(refused.pending(none), 'capability is not enabled');
  assert.equal(none['request_set_field/6']!(4, ...refused.put('s'), ...refused.put('v'), IDENT), 0);
  none['resp_set_header/5']!(...refused.put('X-B'), ...refused.put('1'), IDENT);
  assert.equal(refused.call.touchedRequest, undefined);

  const unbound = bareHost();
  assert.ok(Number(all(unbound)['request_get_field/4']!(2, ...unbound.put('x'), IDENT)) < -2);
  assert.equal(unbound.pending(all(unbound)), 'req is not set');
});

test('no arguments make a host function throw anything but the end of the guest', async () => {
  const value = fc.oneof(fc.integer(), fc.integer({ min: -2, max: 2000 }), fc.constantFrom(0, 65_536, -1, IDENT));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 6, maxLength: 6 }), async (args) => {
      const host = bareHost({ request: request(), answer: () => ({ ok: true, value: utf8('x') }) });
      for (const [key, hostFunction] of Object.entries(all(host))) {
        const parameters = Number(key.split('/')[1]);
        try {
          await hostFunction(...args.slice(0, parameters - 1), IDENT);
        } catch (error) {
          assert.ok(error instanceof Ended, key);
        }
      }
    }),
    { numRuns: 200 },
  );
});
