import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { echo, guest, realClock } from '../../../test/support/guests.ts';
import { Sandbox } from '../../compute/sandbox/index.ts';
import type { Clock } from '../../kernel/index.ts';
import { application, route } from '../testdata/application.ts';
import { House, type TestReply } from '../testdata/house.ts';
import { output, type ScriptedCall } from '../testdata/scripted-sandbox.ts';

// What functions declare about themselves, and clients among each other.

async function house(limits: string, options: Parameters<typeof House.create>[1] = {}): Promise<House> {
  const handlers = [route('GET', '/f', 'f'), route('POST', '/f', 'f'), route('GET', '/g', 'g')].join('\n');
  const functions = { f: 'module f', g: 'module g' };
  return House.create(await application({ functions, handlers, sections: `limits: ${limits}` }), options);
}

/** Makes the calls at every Sat of `h` wait until the test ends them; the list is in the order of arrival. */
function hold(h: House): ScriptedCall[] {
  const held: ScriptedCall[] = [];
  for (const { sandbox } of h.sats) sandbox.script = (call) => held.push(call);
  return held;
}

const codeOf = (reply: TestReply): unknown => (JSON.parse(reply.text) as Record<string, unknown>)['code'];

suite('limits that functions declare', () => {
  test('reach the sandbox of the Sat, those of one call and nothing else', async () => {
    await using h = await house('{ memoryBytes: 1048576, cpuMs: 50, concurrency: 9, callerConcurrency: 3 }');
    const { sandbox } = await h.addSat('one');
    assert.equal((await h.fetch('/f')).status, 200);
    assert.deepEqual(sandbox.calls[0]?.options.declared, { memoryBytes: 1_048_576, cpuMs: 50 });
  });

  test('hold over all Sats: no more calls of a function at a time; others do not notice', async () => {
    await using h = await house('{ concurrency: 3 }');
    await h.addSat('one');
    await h.addSat('two');
    const held = hold(h);
    const asked = Array.from({ length: 8 }, () => h.fetch('/f'));
    await h.until(() => h.gateway.status.requests.waiting === 5);
    assert.equal(held.length, 3);
    const other = h.fetch('/g');
    await h.until(() => held.length === 4);
    held[3]!.finish(output('g'));
    assert.equal((await other).status, 200);
    let next = 0;
    while (h.gateway.status.requests.waiting > 0) {
      const before = held.length;
      held[next++]!.finish(output('f'));
      if (next === 4) continue;
      await h.until(() => held.length === before + 1);
    }
    for (const call of held) call.finish(output('f'));
    for (const reply of await Promise.all(asked)) assert.equal(reply.status, 200);
  });

  test('a Sat that is lost with calls gives their places back', async () => {
    await using h = await house('{ concurrency: 2 }');
    const lost = await h.addSat('one');
    const held = hold(h);
    const asked = Array.from({ length: 3 }, () => h.fetch('/f', { method: 'POST' }));
    await h.until(() => held.length === 2);
    await h.addSat('two');
    lost.unreachable = true;
    lost.links[0]!.gateway.lose('reset');
    const replies = await Promise.all(asked);
    assert.deepEqual(
      replies.map(({ status }) => status).toSorted((a, b) => a - b),
      [200, 502, 502],
    );
  });

  test('a client that leaves gives its place to the next', async () => {
    await using h = await house('{ concurrency: 1 }');
    await h.addSat('one');
    const held = hold(h);
    const leaving = new AbortController();
    const first = h.fetch('/f', { signal: leaving.signal }).catch(() => 'left');
    await h.until(() => held.length === 1);
    const second = h.fetch('/f');
    await h.until(() => h.gateway.status.requests.waiting === 1);
    leaving.abort();
    await h.until(() => held.length === 2);
    held[1]!.finish(output('f'));
    assert.equal((await second).status, 200);
    assert.equal(await first, 'left');
  });
});

test('a real function is held to what it declares, its neighbour is not, and its client learns the code', async () => {
  const sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 1 } });
  try {
    const grow = '(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable';
    const bundle = await application({
      functions: { greedy: guest({ run: grow }), spinning: guest({ run: '(loop $l (br $l))' }), echo: echo() },
      sections: 'limits: { memoryBytes: 1_048_576, cpuMs: 400 }',
    });
    await using h = await House.create<Clock>(bundle, {}, realClock);
    const { events } = await h.addSat('one', { sandbox });
    const [greedy, spinning, fine] = await Promise.all([
      h.fetch('/greedy'),
      h.fetch('/spinning'),
      h.fetch('/echo', { method: 'POST', body: 'hi' }),
    ]);
    assert.deepEqual([greedy.status, codeOf(greedy)], [500, 'FUNCTION_MEMORY_LIMIT']);
    assert.deepEqual([spinning.status, codeOf(spinning)], [500, 'FUNCTION_CPU_TIME']);
    assert.deepEqual([fine.status, fine.text], [200, 'hi']);
    assert.equal(events.filter(({ kind }) => kind === 'function-failed').length, 2);
  } finally {
    await sandbox.close(0);
  }
});

suite('clients', () => {
  test('have names that tell nothing, equal for all requests of one host', async () => {
    await using h = await house('{}');
    await using other = await house('{}');
    const { sandbox } = await h.addSat('one');
    const elsewhere = await other.addSat('one');
    for (let i = 0; i < 2; i++) assert.equal((await h.fetch('/f')).status, 200);
    assert.equal((await other.fetch('/f')).status, 200);
    const [first, second] = sandbox.calls.map(({ options }) => options.caller);
    assert.match(first ?? '', /^[\w-]{22}$/);
    assert.equal(second, first);
    assert.notEqual(elsewhere.sandbox.calls[0]?.options.caller, first);
  });

  test('have no more calls of a function at a time than it allows to each', async () => {
    await using h = await house('{ callerConcurrency: 2 }');
    await h.addSat('one');
    const held = hold(h);
    const asked = Array.from({ length: 5 }, () => h.fetch('/f'));
    await h.until(() => h.gateway.status.requests.waiting === 3);
    assert.equal(held.length, 2);
    for (let i = 0; i < 5; i++) {
      await h.until(() => held.length > i);
      held[i]!.finish(output('f'));
    }
    for (const reply of await Promise.all(asked)) assert.equal(reply.status, 200);
  });

  test('are told when to come again when too many wait for a function', async () => {
    await using h = await house('{ concurrency: 1 }', { limits: { waiting: 1 } });
    await h.addSat('one');
    const held = hold(h);
    const asked = [h.fetch('/f'), h.fetch('/f')];
    await h.until(() => h.gateway.status.requests.waiting === 1);
    const refused = await h.fetch('/f');
    assert.deepEqual([refused.status, codeOf(refused)], [503, 'GATEWAY_OVERLOADED']);
    assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
    for (let i = 0; i < 2; i++) {
      await h.until(() => held.length > i);
      held[i]!.finish(output('f'));
    }
    for (const reply of await Promise.all(asked)) assert.equal(reply.status, 200);
  });
});
