import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { CallResult } from '../../compute/sandbox/index.ts';
import { application, route } from '../testdata/application.ts';
import { House, type TestSat } from '../testdata/house.ts';
import { output, type ScriptedCall } from '../testdata/scripted-sandbox.ts';

async function house(options: Parameters<typeof House.create>[1] = {}): Promise<House> {
  const methods = ['GET', 'PUT', 'POST', 'PATCH', 'DELETE'].map((method) => route(method, '/f', 'f'));
  const handlers = [...methods, route('GET', '/g', 'g')].join('\n');
  return House.create(await application({ functions: { f: 'module f', g: 'module g' }, handlers }), options);
}

/** Makes the calls at `sats` wait until the test ends them. */
function hold(...sats: readonly TestSat[]): ScriptedCall[] {
  const held: ScriptedCall[] = [];
  for (const { sandbox } of sats) sandbox.script = (call) => held.push(call);
  return held;
}

const codeOf = (text: string): unknown => (JSON.parse(text) as Record<string, unknown>)['code'];

suite('calls', () => {
  test('go to the Sat with the smallest share of its places taken', async () => {
    await using h = await house();
    const small = await h.addSat('small', { limits: { concurrency: 2 } });
    const large = await h.addSat('large', { limits: { concurrency: 6 } });
    hold(small, large);
    const asked = Array.from({ length: 8 }, () => h.fetch('/f'));
    await h.until(() => small.sandbox.calls.length + large.sandbox.calls.length === 8);
    assert.deepEqual([small.sandbox.calls.length, large.sandbox.calls.length], [2, 6]);
    for (const call of [...small.sandbox.calls, ...large.sandbox.calls]) call.finish(output('ok'));
    for (const reply of await Promise.all(asked)) assert.equal(reply.status, 200);
  });

  test('of idle Sats go to each in turn', async () => {
    await using h = await house();
    const sats = [await h.addSat('one'), await h.addSat('two'), await h.addSat('three')];
    for (let i = 0; i < 30; i++) assert.equal((await h.fetch('/f')).status, 200);
    assert.deepEqual(
      sats.map(({ sandbox }) => sandbox.calls.length),
      [10, 10, 10],
    );
  });

  test('wait when every place is taken, up to a bound, and functions take turns', async () => {
    await using h = await house({ limits: { waiting: 3 } });
    const sat = await h.addSat('one', { limits: { concurrency: 1 } });
    const held = hold(sat);
    const asked = [h.fetch('/f')];
    await h.until(() => held.length === 1);
    for (const path of ['/f', '/f', '/g']) {
      const waiting = h.gateway.status.requests.waiting;
      asked.push(h.fetch(path));
      await h.until(() => h.gateway.status.requests.waiting === waiting + 1);
    }
    const refused = await h.fetch('/f');
    assert.deepEqual([refused.status, codeOf(refused.text)], [503, 'GATEWAY_OVERLOADED']);
    for (let i = 0; i < 4; i++) {
      await h.until(() => held.length === i + 1);
      held[i]?.finish(output(String(i)));
    }
    for (const reply of await Promise.all(asked)) assert.equal(reply.status, 200);
    assert.deepEqual(
      held.map(({ module }) => module),
      ['module f', 'module f', 'module g', 'module f'],
    );
  });

  test('that wait are freed when their client leaves', async () => {
    await using h = await house();
    const sat = await h.addSat('one', { limits: { concurrency: 1 } });
    const held = hold(sat);
    const first = h.fetch('/f');
    await h.until(() => held.length === 1);
    const controller = new AbortController();
    const second = h.fetch('/f', { signal: controller.signal });
    await h.until(() => h.gateway.status.requests.waiting === 1);
    controller.abort();
    await assert.rejects(second);
    await h.until(() => h.gateway.status.requests.waiting === 0);
    held[0]?.finish(output('ok'));
    assert.equal((await first).status, 200);
    assert.equal(held.length, 1);
  });

  test('without a Sat fail at once', async () => {
    await using h = await house();
    const reply = await h.fetch('/f');
    assert.deepEqual(
      [reply.status, codeOf(reply.text), reply.headers.get('retry-after')],
      [503, 'GATEWAY_NO_SAT', '1'],
    );
    await h.addSat('one');
    assert.equal((await h.fetch('/f')).status, 200);
  });

  test('run only where the owner of the gateway lets them', async () => {
    await using h = await house({
      mayRunAt: (name, { attributes, labels }) =>
        !name.includes('::f@') || (attributes.get('zone') === 'safe' && labels.get('disk') === 'fast'),
    });
    const labels = new Map([['disk', 'fast']]);
    const anywhere = await h.addSat('anywhere', { labels });
    assert.equal((await h.fetch('/f')).status, 503);
    assert.equal((await h.fetch('/g')).status, 200);
    const safe = await h.addSat('safe', { labels });
    safe.peer.attributes = {
      values: new Map([
        ['perigee-sat', 'main'],
        ['zone', 'safe'],
      ]),
      expiresAtSeconds: undefined,
    };
    assert.equal((await h.fetch('/f')).status, 503);
    await h.clock.advance(61_000);
    assert.equal((await h.fetch('/f')).status, 200, 'attributes are looked at again');
    assert.equal(anywhere.sandbox.calls.filter(({ module }) => module === 'module f').length, 0);
  });
});

suite('a Sat that is lost', () => {
  /** One call at the first of two Sats, which then dies without a word. */
  async function loseOne(method: string): Promise<{ h: House; reply: Awaited<ReturnType<House['fetch']>> }> {
    const h = await house();
    const sats = [await h.addSat('one'), await h.addSat('two')];
    const held = hold(...sats);
    const asked = h.fetch('/f', { method });
    await h.until(() => held.length === 1);
    const lost = sats.find(({ sandbox }) => sandbox.calls.length === 1)!;
    const other = sats.find((sat) => sat !== lost)!;
    other.sandbox.script = (call) => call.finish(output('from the other'));
    lost.unreachable = true;
    lost.links.at(-1)?.sat.silence();
    lost.links.at(-1)?.gateway.silence();
    for (let i = 0; i < 30; i++) {
      await h.clock.advance(100);
      if (h.events.some(({ kind }) => kind === 'sat-left')) break;
    }
    const left = h.events.find((event) => event.kind === 'sat-left');
    assert.deepEqual(left?.kind === 'sat-left' && [left.code, left.callsLost], ['silent', 1]);
    return { h, reply: await asked };
  }

  for (const method of ['GET', 'PUT', 'DELETE']) {
    test(`does not fail a ${method}`, async () => {
      const { h, reply } = await loseOne(method);
      assert.deepEqual([reply.status, reply.text], [200, 'from the other']);
      await h[Symbol.asyncDispose]();
    });
  }

  for (const method of ['POST', 'PATCH']) {
    test(`fails a ${method} that may have started, and says so`, async () => {
      const { h, reply } = await loseOne(method);
      const body = JSON.parse(reply.text) as Record<string, unknown>;
      assert.deepEqual(
        [reply.status, body['code'], body['request_id']],
        [502, 'SAT_LOST', reply.headers.get('x-perigee-request-id')],
      );
      assert.equal((await h.fetch('/f')).status, 200, 'others are served');
      await h[Symbol.asyncDispose]();
    });
  }

  test('does not fail a POST of which nothing had left', async () => {
    await using h = await house();
    const one = await h.addSat('one');
    const link = one.links[0]!.gateway;
    link.stalled = true;
    // A first message is on its way and asks to wait; the call stays behind it.
    await h.clock.advance(1000);
    const asked = h.fetch('/f', { method: 'POST' });
    await h.until(() => h.gateway.status.sats[0]?.inFlight === 1);
    const two = await h.addSat('two');
    one.unreachable = true;
    link.lose('the cable was cut');
    assert.equal((await asked).text, 'module f');
    assert.equal(two.sandbox.calls.length, 1);
    assert.equal(one.sandbox.calls.length, 0);
    assert.ok(h.events.some(({ kind }) => kind === 'call-retried'));
  });

  test('with its connection is noticed at once', async () => {
    await using h = await house();
    const one = await h.addSat('one');
    one.unreachable = true;
    hold(one);
    const asked = h.fetch('/f', { method: 'POST' });
    await h.until(() => one.sandbox.calls.length === 1);
    one.links[0]?.gateway.lose('reset');
    one.links[0]?.sat.lose('reset');
    assert.equal((await asked).status, 502);
    assert.equal((await h.fetch('/f')).status, 503, 'all gone');
    one.unreachable = false;
    await h.clock.advance(1000);
    await h.until(() => one.events.filter(({ kind }) => kind === 'joined').length === 2);
    one.sandbox.script = (call) => call.finish(output('back'));
    await h.until(() => h.gateway.status.sats[0]?.functions.length === 2);
    assert.equal((await h.fetch('/f')).text, 'back');
  });

  test('ends its calls there too', async () => {
    await using h = await house();
    const one = await h.addSat('one');
    hold(one);
    const asked = h.fetch('/f', { method: 'POST' });
    await h.until(() => one.sandbox.calls.length === 1);
    one.unreachable = true;
    one.links[0]?.gateway.silence();
    one.links[0]?.sat.lose('reset');
    await h.until(() => one.sandbox.calls[0]?.options.signal?.aborted === true);
    await h.clock.advance(3000);
    assert.equal((await asked).status, 502);
  });

  test('with its sandbox is like one that is lost', async () => {
    for (const code of ['ABORTED', 'THREAD_LOST']) {
      await using h = await house();
      const broken = await h.addSat('broken');
      broken.sandbox.script = ({ finish }) => finish({ kind: 'failure', code, message: 'it broke' } as CallResult);
      assert.equal((await h.fetch('/f', { method: 'POST' })).status, 502);
      await h.addSat('whole');
      for (let i = 0; i < 4; i++) assert.equal((await h.fetch('/f')).status, 200);
    }
  });
});

suite('a Sat that will not', () => {
  test('passes the call on, POST or not', async () => {
    await using h = await house();
    const full = await h.addSat('full');
    const refusal = { kind: 'failure', code: 'OVERLOADED', message: '', retryAfterSeconds: 1 } as CallResult;
    full.sandbox.script = ({ finish }) => finish(refusal);
    const alone = await h.fetch('/f', { method: 'POST' });
    assert.deepEqual([alone.status, codeOf(alone.text)], [503, 'GATEWAY_OVERLOADED']);
    const free = await h.addSat('free');
    for (let i = 0; i < 4; i++) assert.equal((await h.fetch('/f', { method: 'POST' })).status, 200);
    assert.equal(free.sandbox.calls.length, 4);
  });

  test('is not asked for ever', async () => {
    await using h = await house();
    const sats = await Promise.all(Array.from({ length: 8 }, (_, i) => h.addSat(`n${i}`)));
    const refusal = { kind: 'failure', code: 'OVERLOADED', message: '' } as CallResult;
    for (const { sandbox } of sats) sandbox.script = ({ finish }) => finish(refusal);
    assert.equal((await h.fetch('/f')).status, 503);
    assert.equal(
      sats.reduce((sum, { sandbox }) => sum + sandbox.calls.length, 0),
      4,
    );
  });

  test('drains: what runs ends, what comes goes elsewhere', async () => {
    await using h = await house();
    const leaving = await h.addSat('leaving');
    const held = hold(leaving);
    const asked = h.fetch('/f', { method: 'POST' });
    await h.until(() => held.length === 1);
    const staying = await h.addSat('staying');
    const closed = leaving.sat.close(5000);
    await h.until(() => h.gateway.status.sats.some(({ draining }) => draining));
    for (let i = 0; i < 4; i++) assert.equal((await h.fetch('/f')).headers.get('x-perigee-sat'), 'Istaying');
    held[0]?.finish(output('finished'));
    assert.equal((await asked).text, 'finished');
    await closed;
    assert.equal(staying.sandbox.calls.length, 4);
    await h.until(() => h.gateway.status.sats.length === 1);
    const left = h.events.find((event) => event.kind === 'sat-left');
    assert.deepEqual(left?.kind === 'sat-left' && [left.code, left.reason], ['bye', 'the other side is done']);
  });

  test('that drains alone leaves nobody waiting', async () => {
    await using h = await house();
    const only = await h.addSat('only', { limits: { concurrency: 1 } });
    const held = hold(only);
    const asked = h.fetch('/f');
    await h.until(() => held.length === 1);
    const waiting = h.fetch('/f');
    await h.until(() => h.gateway.status.requests.waiting === 1);
    const closed = only.sat.close(5000);
    assert.equal((await waiting).status, 503);
    held[0]?.finish(output('ok'));
    assert.equal((await asked).status, 200);
    await closed;
  });
});
