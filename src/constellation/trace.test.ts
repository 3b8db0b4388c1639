import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { recordedTracing } from '../../test/support/recorded-tracing.ts';
import { application, route } from './testdata/application.ts';
import { House } from './testdata/house.ts';
import type { ScriptedCall } from './testdata/scripted-sandbox.ts';

const CLIENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const NAME = (name: string): string => `com.example.test#default::${name}@v1.0.0`;

async function world(functions: readonly string[] = ['one', 'two']) {
  const gateway = recordedTracing();
  const sat = recordedTracing();
  const bundle = await application({
    functions: Object.fromEntries(functions.map((name) => [name, name])),
    handlers: route('GET', '/run/:who', ...functions),
  });
  const house = await House.create(bundle, { tracing: gateway.tracing });
  const there = await house.addSat('a', { tracing: sat.tracing });
  return { house, gateway: gateway.spans, sat: sat.spans, sandbox: there.sandbox };
}

suite('a request of a gateway that traces', () => {
  test('is one trace, from its client over its steps to the functions', async () => {
    const { house, gateway, sat } = await world();
    await using _ = house;
    const headers = { traceparent: CLIENT, authorization: 'Bearer secret' };
    const { status, headers: answered } = await house.fetch('/run/ada?token=secret', { headers });
    assert.equal(status, 200);
    const [request, one, two] = gateway;
    assert.equal(gateway.length, 3);
    assert.deepEqual([request?.name, request?.kind, request?.parent], ['GET /run/:who', 'server', CLIENT]);
    assert.deepEqual(request?.attributes, {
      'http.request.method': 'GET',
      'http.route': '/run/:who',
      'http.response.status_code': 200,
      'perigee.request_id': answered.get('x-perigee-request-id'),
      'perigee.sat': 'Ia',
    });
    for (const [step, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      assert.deepEqual([step?.name, step?.kind, step?.parent], [NAME(name), 'client', request?.traceparent]);
    }
    assert.deepEqual(
      sat.map(({ name, kind, parent }) => [name, kind, parent]),
      [
        [NAME('one'), 'server', one?.traceparent],
        [NAME('two'), 'server', two?.traceparent],
      ],
    );
    assert.deepEqual(sat[0]?.attributes, {
      'perigee.request_id': answered.get('x-perigee-request-id'),
      'perigee.cpu_ms': 1,
      'perigee.queue_ms': 0,
      'perigee.memory_bytes': 65_536,
    });
    for (const { ended, error } of [...gateway, ...sat]) assert.deepEqual([ended, error], [true, undefined]);
    assert.ok(!JSON.stringify([gateway, sat]).includes('secret'));
  });

  test('tells which step went wrong, by its code', async () => {
    const { house, gateway, sat, sandbox } = await world(['one']);
    await using _ = house;
    const ends = (result: object): void => {
      sandbox.script = (call: ScriptedCall) => call.finish(result as never);
    };
    ends({ kind: 'failure', code: 'TRAP', message: 'unreachable secret' });
    assert.equal((await house.fetch('/run/x')).status, 500);
    ends({ kind: 'guest-error', code: 404, message: 'secret' });
    assert.equal((await house.fetch('/run/x')).status, 404);
    assert.deepEqual(
      gateway.map(({ error }) => error),
      ['FUNCTION_TRAP', 'FUNCTION_TRAP', undefined, 'function-error'],
    );
    assert.deepEqual(
      sat.map(({ error }) => error),
      ['TRAP', 'function-error'],
    );
    assert.ok(!JSON.stringify([gateway, sat]).includes('secret'));
  });

  test('that no handler serves has a name that no client made up', async () => {
    const { house, gateway } = await world();
    await using _ = house;
    await house.fetch('/nothing/here', { headers: { traceparent: 'nonsense' } });
    await house.fetch('/run/x', { method: 'PROPFIND' });
    await house.fetch('/health');
    assert.deepEqual(
      gateway.map(({ name, parent, attributes }) => [name, parent, attributes['http.response.status_code']]),
      [
        ['GET', 'nonsense', 404],
        ['HTTP', '', 405],
      ],
      'the probe is not traced',
    );
    assert.ok(gateway.every(({ ended }) => ended));
  });

  test('has no trace for a Sat when the gateway does not trace, and none at a Sat that does not', async () => {
    const bundle = await application({ functions: { one: 'one' } });
    const sat = recordedTracing();
    await using plain = await House.create(bundle);
    await plain.addSat('a', { tracing: sat.tracing });
    assert.equal((await plain.fetch('/one', { headers: { traceparent: CLIENT } })).status, 200);
    assert.deepEqual(
      sat.spans.map(({ parent }) => parent),
      [''],
    );
    const gateway = recordedTracing();
    await using tracing = await House.create(bundle, { tracing: gateway.tracing });
    await tracing.addSat('a');
    assert.equal((await tracing.fetch('/one')).status, 200);
    assert.equal(gateway.spans.length, 2);
  });
});
