import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { CodedError, fromUtf8, utf8 } from '../../kernel/index.ts';
import type { RequestView } from '../abi/index.ts';
import { readDirective, type RequestHandler } from '../directive/index.ts';
import {
  type ExecuteFunction,
  type FunctionResult,
  type RunOptions,
  runSequence,
  type SequenceOutcome,
} from './index.ts';

/** The handler whose `steps` and rest are the given YAML; functions a to d exist. */
function handlerOf(yaml: string, atmoVersion = 'v0.4.8'): RequestHandler {
  const head = `identifier: com.example.a\nappVersion: v1.0.0\natmoVersion: ${atmoVersion}\n`;
  const names = ['a', 'b', 'c', 'd'].map((name) => `{ name: ${name}, namespace: default }`);
  const text = `${head}runnables: [${names.join()}]\nhandlers: [{ type: request, method: GET, resource: /, ${yaml} }]\n`;
  const [handler] = readDirective(text, { file: 'f' }).handlers;
  assert.equal(handler?.type, 'request');
  return handler;
}

function requestOf(state: Record<string, string> = {}): RequestView {
  return {
    method: 'POST',
    url: '/hello?x=1',
    id: '00000000-0000-4000-8000-000000000000',
    body: utf8('body'),
    headers: new Map([['accept', '*/*']]),
    params: new Map(),
    state: new Map(Object.entries(state).map(([key, value]) => [key, utf8(value)])),
    responseHeaders: new Map(),
  };
}

const output = (text: string): FunctionResult => ({ kind: 'output', output: utf8(text) });
const error = (code: number, message: string): FunctionResult => ({ kind: 'error', code, message });
const stateOf = (request: RequestView): Record<string, string> =>
  Object.fromEntries([...request.state].map(([key, value]) => [key, fromUtf8(value)]));

/** `map` with one entry more; views share theirs. */
const having = <V>(map: ReadonlyMap<string, V>, name: string, value: V): ReadonlyMap<string, V> =>
  new Map([...map, [name, value]]);

type Bodies = Readonly<
  Record<string, (request: RequestView, signal: AbortSignal) => FunctionResult | Promise<FunctionResult>>
>;

/** Runs functions from a table by name; one that is not there answers with its name. */
function run(
  handler: RequestHandler,
  bodies: Bodies = {},
  options: Partial<RunOptions> = {},
  request: RequestView = requestOf(),
): Promise<SequenceOutcome> {
  const execute: ExecuteFunction = async (call, view, { signal }) =>
    (await bodies[call.target.name]?.(view, signal)) ?? output(call.target.name);
  return runSequence(handler, request, execute, {
    clock: new VirtualClock(),
    rules: { sharedRequest: true },
    ...options,
  });
}

function textOf(outcome: SequenceOutcome): string | undefined {
  assert.equal(outcome.kind, 'output');
  return outcome.kind === 'output' && outcome.output !== undefined ? fromUtf8(outcome.output) : undefined;
}

function codeOf(outcome: SequenceOutcome): string {
  assert.equal(outcome.kind, 'failure');
  return outcome.kind === 'failure' ? outcome.error.code : '';
}

suite('results', () => {
  test('the input is the body, not the output before', async () => {
    const seen: string[] = [];
    const body = (request: RequestView): FunctionResult => output(`${seen.push(fromUtf8(request.body))}`);
    assert.equal(textOf(await run(handlerOf('steps: [{ fn: a }, { fn: b }]'), { a: body, b: body })), '2');
    assert.deepEqual(seen, ['body', 'body']);
  });

  test('response selects a state key, otherwise the last function', async () => {
    assert.equal(textOf(await run(handlerOf('steps: [{ fn: a }, { fn: b }], response: a'))), 'a');
    assert.equal(textOf(await run(handlerOf('steps: [{ fn: a }, { fn: b, as: x }]'))), 'b');
    assert.equal(textOf(await run(handlerOf('steps: [{ group: [{ fn: a }, { fn: b }] }], response: b'))), 'b');
  });

  test('a function that returned nothing leaves an empty value', async () => {
    const nothing = (): FunctionResult => ({ kind: 'output', output: undefined });
    assert.equal(textOf(await run(handlerOf('steps: [{ fn: a }]'), { a: nothing })), '');
  });

  test('code 0 without a message is a success', async () => {
    assert.equal(textOf(await run(handlerOf('steps: [{ fn: a }]'), { a: () => error(0, '') })), '');
    assert.equal((await run(handlerOf('steps: [{ fn: a }]'), { a: () => error(0, 'x') })).kind, 'error');
  });

  test('the request of the caller stays as it was', async () => {
    const request = requestOf({ s: '1' });
    const change = (view: RequestView): FunctionResult => {
      view.state = having(view.state, 's', utf8('2'));
      view.method = 'PUT';
      view.responseHeaders = having(view.responseHeaders, 'x', 'y');
      return output('');
    };
    await run(handlerOf('steps: [{ fn: a }]'), { a: change }, {}, request);
    assert.deepEqual(request, requestOf({ s: '1' }));
  });

  test('response headers are collected, later ones win whatever their case', async () => {
    const set = (name: string, value: string) => (view: RequestView) => {
      view.responseHeaders = having(view.responseHeaders, name, value);
      return output('');
    };
    const outcome = await run(handlerOf('steps: [{ fn: a }, { fn: b }, { fn: c }]'), {
      a: set('X-One', '1'),
      b: set('Content-Type', 'text/plain'),
      c: set('content-type', 'text/html'),
    });
    assert.deepEqual(outcome.kind === 'output' && [...outcome.headers], [
      ['x-one', '1'],
      ['content-type', 'text/html'],
    ]);
  });
});

suite('the request between steps', () => {
  const change = (view: RequestView): FunctionResult => {
    view.method = 'PUT';
    view.url = '/other';
    view.body = utf8('new');
    view.headers = having(view.headers, 'h', '1');
    view.params = having(view.params, 'p', '1');
    view.state = having(view.state, 's', utf8('1'));
    return output('');
  };
  const look = (view: RequestView): FunctionResult =>
    output(
      [
        view.method,
        view.url,
        fromUtf8(view.body),
        view.headers.get('h'),
        view.params.get('p'),
        stateOf(view)['s'],
      ].join(),
    );

  test('changes are seen by later steps', async () => {
    assert.equal(
      textOf(await run(handlerOf('steps: [{ fn: a }, { fn: b }]'), { a: change, b: look })),
      'PUT,/other,new,1,1,1',
    );
  });

  test('before 0.4.3 they are lost', async () => {
    const outcome = await run(
      handlerOf('steps: [{ fn: a }, { fn: b }]'),
      { a: change, b: look },
      { rules: { sharedRequest: false } },
    );
    assert.equal(textOf(outcome), 'POST,/hello?x=1,body,,,');
  });

  test('with adds aliases, hides their keys, and drops what the function writes to the state', async () => {
    const seen: unknown[] = [];
    const write = (view: RequestView): FunctionResult => {
      seen.push(stateOf(view));
      view.state = having(view.state, 'lost', utf8('1'));
      return output('B');
    };
    const note = (view: RequestView): FunctionResult => output(`${seen.push(stateOf(view))}`);
    await run(
      handlerOf('steps: [{ fn: a }, { fn: b, with: { x: a } }, { fn: c }]'),
      { b: write, c: note },
      {},
      requestOf({ k: '1' }),
    );
    assert.deepEqual(seen, [
      { k: '1', x: 'a' },
      { k: '1', a: 'a', b: 'B' },
    ]);
  });

  test('before 0.4.3 aliases are all there is', async () => {
    const seen: unknown[] = [];
    const note = (view: RequestView): FunctionResult => output(`${seen.push(stateOf(view))}`);
    const options = { rules: { sharedRequest: false } };
    await run(handlerOf('steps: [{ fn: a }, { fn: b, with: { x: a } }]'), { b: note }, options, requestOf({ k: '1' }));
    assert.deepEqual(seen, [{ x: 'a' }]);
  });

  test('an alias may take the name of another key', async () => {
    const seen: unknown[] = [];
    const note = (view: RequestView): FunctionResult => output(`${seen.push(stateOf(view))}`);
    await run(handlerOf('steps: [{ fn: a }, { fn: b }, { fn: c, with: { b: a, a: b } }]'), { c: note });
    assert.deepEqual(seen, [{ b: 'a', a: 'b' }]);
  });
});

suite('groups', () => {
  const group = handlerOf('steps: [{ fn: d }, { group: [{ fn: a, with: { x: d } }, { fn: b }] }, { fn: c }]');

  test('members see the state before the group, each with its own aliases', async () => {
    const seen: unknown[] = [];
    const note = (view: RequestView): FunctionResult => output(`${seen.push(stateOf(view))}`);
    await run(group, { a: note, b: note, c: note });
    assert.deepEqual(seen, [{ x: 'd' }, { d: 'd' }, { d: 'd', a: '1', b: '2' }]);
  });

  test('changes are carried over in written order, whoever was first', async () => {
    const gate = Promise.withResolvers<undefined>();
    const set = (value: string) => (view: RequestView) => {
      view.headers = having(view.headers, 'h', value);
      return output('');
    };
    const outcome = await run(group, {
      a: async (view) => {
        await gate.promise;
        return set('a')(view);
      },
      b: (view) => {
        gate.resolve(undefined);
        return set('b')(view);
      },
      c: (view) => output(view.headers.get('h') ?? ''),
    });
    assert.equal(textOf(outcome), 'b');
  });

  test('the first end stops the others', async () => {
    let reason: unknown;
    const outcome = await run(group, {
      a: (_view, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            resolve(output('late'));
          });
        }),
      b: () => error(404, 'gone'),
    });
    assert.deepEqual(outcome.kind === 'error' && [outcome.error.code, outcome.call.fn], [404, 'b']);
    assert.ok(reason instanceof CodedError && reason.code === 'SEQUENCE_ABORTED');
  });

  test('a group that takes too long ends the sequence', async () => {
    const clock = new VirtualClock();
    const pending = run(group, { a: () => Promise.withResolvers<FunctionResult>().promise }, { clock });
    await clock.advance(29_999);
    let ended = false;
    void pending.then(() => {
      ended = true;
    });
    await settle();
    assert.equal(ended, false);
    await clock.advance(1);
    assert.equal(codeOf(await pending), 'SEQUENCE_GROUP_TIMEOUT');
    assert.equal(clock.pending, 0);
  });
});

suite('errors', () => {
  const after = async (onErr: string, code: number, message = 'no'): Promise<SequenceOutcome> =>
    run(handlerOf(`steps: [{ fn: a${onErr} }, { fn: b }], response: a`), { a: () => error(code, message) });

  test('without rules they end the sequence', async () => {
    const outcome = await after('', 404);
    assert.deepEqual(outcome.kind === 'error' && outcome.error, { kind: 'error', code: 404, message: 'no' });
  });

  test('continue leaves the error as JSON', async () => {
    assert.equal(textOf(await after(', onErr: { any: continue }', 404)), '{"code":404,"message":"no"}');
    assert.equal(textOf(await after(', onErr: { any: continue }', 0)), '{"message":"no"}');
    assert.equal(textOf(await after(', onErr: { any: continue }', 7, '')), '{"code":7}');
  });

  test('codes come first, then other, then return', async () => {
    const rules = ', onErr: { code: { 404: continue, 500: return }, other: continue }';
    assert.equal((await after(rules, 404)).kind, 'output');
    assert.equal((await after(rules, 500)).kind, 'error');
    assert.equal((await after(rules, 1)).kind, 'output');
    assert.equal((await after(', onErr: { code: { 404: continue } }', 500)).kind, 'error');
    assert.equal((await after(', onErr: { any: return }', 500)).kind, 'error');
  });

  test('a member of a group asks its own rules, then those of the step', async () => {
    const steps =
      'steps: [{ group: [{ fn: a, onErr: { code: { 1: continue, 2: return } } }, { fn: b }], onErr: { code: { 2: continue, 3: continue } } }], response: a';
    const kindOf = async (name: string, code: number): Promise<string> =>
      (await run(handlerOf(steps), { [name]: () => error(code, 'no') })).kind;
    assert.deepEqual(
      [await kindOf('a', 1), await kindOf('a', 2), await kindOf('a', 3), await kindOf('a', 4)],
      ['output', 'error', 'output', 'error'],
    );
    assert.deepEqual([await kindOf('b', 1), await kindOf('b', 2)], ['error', 'output']);
  });

  test('no rule catches a failure', async () => {
    const lost = new (class extends CodedError<'SAT_LOST'> {})('SAT_LOST', 'gone');
    const handler = handlerOf('steps: [{ fn: a, onErr: { any: continue } }, { fn: b }]');
    const outcome = await run(handler, { a: () => Promise.reject(lost) });
    assert.deepEqual(outcome.kind === 'failure' && [outcome.error, outcome.call?.fn], [lost, 'a']);
    const plain = await run(handler, {
      a: () => {
        throw new TypeError('secret');
      },
    });
    assert.equal(codeOf(plain), 'SEQUENCE_FUNCTION_FAILED');
    assert.ok(plain.kind === 'failure' && plain.error.cause instanceof TypeError);
  });

  test('changes before an error that is passed over are kept, from 0.4.3 on', async () => {
    const bodies: Bodies = {
      a: (view) => {
        view.url = '/changed';
        view.responseHeaders = having(view.responseHeaders, 'h', '1');
        return error(1, 'x');
      },
      b: (view) => output(view.url + view.responseHeaders.size),
    };
    const handler = handlerOf('steps: [{ fn: a, onErr: { any: continue } }, { fn: b }]');
    assert.equal(textOf(await run(handler, bodies)), '/changed1');
    assert.equal(textOf(await run(handler, bodies, { rules: { sharedRequest: false } })), '/hello?x=10');
  });

  test('a missing state key is a failure', async () => {
    const handler = handlerOf('steps: [{ fn: a }, { fn: b, with: { x: a } }]');
    const [, second] = handler.steps;
    const outcome = await run({ ...handler, steps: [second!] });
    assert.equal(codeOf(outcome), 'SEQUENCE_STATE_MISSING');
  });

  test('the state is bounded', async () => {
    const handler = handlerOf('steps: [{ fn: a }, { fn: b }]');
    const big = (): FunctionResult => output('x'.repeat(60));
    assert.equal(codeOf(await run(handler, { a: big, b: big }, { maxStateBytes: 100 })), 'SEQUENCE_STATE_TOO_LARGE');
    assert.equal((await run(handler, { a: big, b: big }, { maxStateBytes: 120 })).kind, 'output');
  });
});

suite('ends', () => {
  const handler = handlerOf('steps: [{ fn: a }, { fn: b }]');
  const never: Bodies = { a: () => Promise.withResolvers<FunctionResult>().promise };

  test('at the deadline, even when a function does not stop', async () => {
    const clock = new VirtualClock();
    const pending = run(handler, never, { clock, deadlineMs: 100 });
    await clock.advance(100);
    assert.equal(codeOf(await pending), 'SEQUENCE_DEADLINE');
  });

  test('at the deadline inside a group', async () => {
    const clock = new VirtualClock();
    const pending = run(handlerOf('steps: [{ group: [{ fn: a }, { fn: b }] }], response: a'), never, {
      clock,
      deadlineMs: 100,
    });
    await clock.advance(100);
    assert.equal(codeOf(await pending), 'SEQUENCE_DEADLINE');
    assert.equal(clock.pending, 0);
  });

  test('with the reason of the function that was told to stop', async () => {
    const clock = new VirtualClock();
    const obedient: Bodies = {
      a: (_view, signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('stopped')));
        }),
    };
    const pending = run(handler, obedient, { clock, deadlineMs: 100 });
    await clock.advance(100);
    assert.equal(codeOf(await pending), 'SEQUENCE_DEADLINE');
  });

  test('when the caller says so', async () => {
    const controller = new AbortController();
    const pending = run(handler, never, { signal: controller.signal });
    controller.abort();
    assert.equal(codeOf(await pending), 'SEQUENCE_ABORTED');
    const reason = new (class extends CodedError<'CLIENT_GONE'> {})('CLIENT_GONE', 'closed');
    assert.equal(codeOf(await run(handler, {}, { signal: AbortSignal.abort(reason) })), 'CLIENT_GONE');
  });

  test('and leaves no timer and no listener behind', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    const signals: AbortSignal[] = [];
    const note: Bodies = {
      a: (_view, signal) => output(`${signals.push(signal)}`),
    };
    assert.equal(textOf(await run(handler, note, { clock, deadlineMs: 100, signal })), 'b');
    assert.equal(clock.pending, 0);
    assert.equal(listeners, 0);
    assert.equal(signals[0]?.aborted, true, 'whoever still runs is told that nobody waits');
  });
});
