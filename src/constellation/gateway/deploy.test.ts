import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { application, route } from '../testdata/application.ts';
import { House } from '../testdata/house.ts';
import { output, type ScriptedCall } from '../testdata/scripted-sandbox.ts';

const first = (): ReturnType<typeof application> => application({ functions: { f: 'first' } });
const second = (): ReturnType<typeof application> => application({ version: 'v2.0.0', functions: { f: 'second' } });

suite('a deployment', () => {
  test('takes over without failing a request', async () => {
    await using h = await House.create(await first());
    const sats = [await h.addSat('one'), await h.addSat('two')];
    const texts = new Map<string, number>();
    const stop = new AbortController();
    const load = Array.from({ length: 8 }, async () => {
      while (!stop.signal.aborted) {
        const reply = await h.fetch('/f', { method: 'POST' });
        assert.equal(reply.status, 200, reply.text);
        texts.set(reply.text, (texts.get(reply.text) ?? 0) + 1);
      }
    });
    for (let version = 2; version < 8; version++) {
      const functions = { f: version % 2 === 0 ? 'second' : 'first', g: `only in ${version}` };
      await h.gateway.deploy(await application({ version: `v${version}.0.0`, functions }));
      const served = h.gateway.status.requests.served;
      await h.until(() => h.gateway.status.requests.served > served + 20);
    }
    stop.abort();
    await Promise.all(load);
    assert.deepEqual([...texts.keys()].sort(), ['first', 'second']);
    assert.equal(h.gateway.status.requests.failed, 0);
    assert.equal(h.events.filter(({ kind }) => kind === 'withdrawn').length, 6);
    for (const { sandbox } of sats) assert.ok(sandbox.loaded.length >= 2);
  });

  test('lets requests end where they began', async () => {
    await using h = await House.create(
      await application({ functions: { f: 'first', g: 'first g' }, handlers: route('GET', '/s', 'f', 'g') }),
    );
    const sat = await h.addSat('one');
    const held: ScriptedCall[] = [];
    sat.sandbox.script = (call) => held.push(call);
    const old = h.fetch('/s');
    await h.until(() => held.length === 1);
    await h.gateway.deploy(
      await application({
        version: 'v2.0.0',
        functions: { f: 'second', g: 'second g' },
        handlers: route('GET', '/s', 'f', 'g'),
      }),
    );
    assert.equal(
      h.events.some(({ kind }) => kind === 'withdrawn'),
      false,
      'still in use',
    );
    sat.sandbox.script = (call) => call.finish(output(call.module));
    assert.equal((await h.fetch('/s')).text, 'second g');
    held[0]?.finish(output('late'));
    assert.equal((await old).text, 'first g');
    await h.until(() => h.events.some(({ kind }) => kind === 'withdrawn'));
  });

  test('that no Sat can run is refused, with the reason, and the old one stays', async () => {
    await using h = await House.create(await first());
    await h.addSat('one');
    const broken = await application({ version: 'v2.0.0', functions: { f: 'second', g: 'bad module' } });
    await assert.rejects(h.gateway.deploy(broken), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'GATEWAY_DEPLOYMENT_NOT_READY');
      assert.match(error.message, /::g@v2.0.0 \(WASM_MALFORMED\)/);
      return true;
    });
    assert.equal((await h.fetch('/f')).text, 'first');
    assert.equal(h.gateway.status.application?.version, 'v1.0.0');
    await h.gateway.deploy(await second());
    assert.equal((await h.fetch('/f')).text, 'second');
  });

  test('does not wait for ever for a Sat that says nothing', async () => {
    await using h = await House.create(await first());
    await h.addSat('good');
    const mute = await h.addSat('mute');
    mute.links[0]!.sat.stalled = true;
    mute.unreachable = true;
    const deployed = h.gateway.deploy(await second());
    for (let i = 0; i < 40; i++) await h.clock.advance(100);
    await deployed;
    assert.equal((await h.fetch('/f')).text, 'second');
    assert.equal(h.gateway.status.sats.length, 1, 'it was silent for too long');
  });

  test('is taken at once when no Sat is there', async () => {
    await using h = await House.create(undefined);
    await h.gateway.deploy(await first());
    assert.equal((await h.fetch('/f')).status, 503);
    await h.addSat('one');
    assert.equal((await h.fetch('/f')).text, 'first');
  });

  test('that calls what it does not have, or that cannot be routed, is refused', async () => {
    await using h = await House.create(undefined);
    const bundle = await application({ functions: { f: 'x', g: 'y' }, handlers: route('GET', '/a', 'f', 'g') });
    const modules = new Map([...bundle.modules].filter(([key]) => key !== 'default::g'));
    const code = 'GATEWAY_DEPLOYMENT_INVALID';
    await assert.rejects(h.gateway.deploy({ ...bundle, modules }), { code, message: /calls "g"/ });
    const health = await application({ functions: { f: 'x' }, handlers: route('GET', '/health', 'f') });
    await assert.rejects(h.gateway.deploy(health), { code, message: /answers this path itself/ });
  });

  test('after the end is refused', async () => {
    const h = await House.create(undefined);
    await h[Symbol.asyncDispose]();
    await assert.rejects(h.gateway.deploy(await first()), { code: 'GATEWAY_CLOSED' });
  });
});

suite('modules', () => {
  test('are sent once to each Sat, whatever uses them', async () => {
    await using h = await House.create(await application({ functions: { f: 'same', g: 'same', h: 'other' } }));
    const sat = await h.addSat('one');
    const fetched = (): number => sat.events.filter(({ kind }) => kind === 'module-fetched').length;
    assert.equal(fetched(), 2);
    await h.gateway.deploy(await application({ version: 'v2.0.0', functions: { f: 'other', g: 'third' } }));
    assert.equal(fetched(), 3);
    sat.links[0]?.sat.lose('reset');
    await h.clock.advance(1000);
    await h.until(() => sat.events.filter(({ kind }) => kind === 'deployed').length === 3);
    assert.equal(fetched(), 3, 'what is loaded is not asked for again');
    assert.deepEqual([...sat.sandbox.loaded].sort(), ['other', 'same', 'third']);
  });

  test('of any size arrive whole while calls go on', async () => {
    await using h = await House.create(await first());
    const sat = await h.addSat('one');
    const large = `large ${'x'.repeat(3_000_000)}`;
    const deployed = h.gateway.deploy(await application({ version: 'v2.0.0', functions: { f: large } }));
    assert.equal((await h.fetch('/f')).status, 200);
    await deployed;
    assert.match((await h.fetch('/f')).text, /^large x/);
    const fetched = sat.events.findLast((event) => event.kind === 'module-fetched');
    assert.equal(fetched?.kind === 'module-fetched' && fetched.bytes, large.length);
  });

  test('above the bound of a Sat are not asked for', async () => {
    await using h = await House.create(await application({ functions: { f: 'x'.repeat(100), g: 'small' } }));
    const sat = await h.addSat('one', { limits: { moduleBytes: 50 } });
    const deployed = sat.events.find((event) => event.kind === 'deployed');
    assert.deepEqual(deployed?.kind === 'deployed' && deployed.unusable.map(({ code }) => code), [
      'SAT_MODULE_TOO_LARGE',
    ]);
    assert.equal((await h.fetch('/f')).status, 503);
    assert.equal((await h.fetch('/g')).status, 200);
    const ready = h.events.find((event) => event.kind === 'sat-ready');
    assert.equal(ready?.kind === 'sat-ready' && ready.unusable[0]?.code, 'SAT_MODULE_TOO_LARGE');
  });
});

test('the status tells who is there and what is served', async () => {
  await using h = await House.create(await first());
  await h.addSat('one', { labels: new Map([['room', 'lab']]), software: 'test 1', limits: { concurrency: 7 } });
  await h.fetch('/f');
  const { application: app, sats, requests } = h.gateway.status;
  assert.deepEqual(app?.handlers, ['GET /f', 'POST /f']);
  const [sat] = sats;
  assert.deepEqual(
    [sat?.identifier, sat?.software, sat?.concurrency, sat?.finished, sat?.failed, sat?.inFlight],
    ['Ione', 'test 1', 7, 1, 0, 0],
  );
  assert.deepEqual([...(sat?.labels ?? [])], [['room', 'lab']]);
  assert.deepEqual(sat?.functions, ['com.example.test#default::f@v1.0.0']);
  assert.match(sat?.ceiling ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(requests, { open: 0, served: 1, failed: 0, waiting: 0 });
});
