import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { application, route } from '../testdata/application.ts';
import { House, type TestReply } from '../testdata/house.ts';
import { output } from '../testdata/scripted-sandbox.ts';

// What functions make of a request may outgrow what frames carry. It ends that request, and nobody else's.

const CHAIN = { functions: { f: 'f', g: 'g', h: 'h' }, handlers: route('GET', '/f', 'f', 'g', 'h') };

const entries = (count: number, name: string): ReadonlyMap<string, string> =>
  new Map(Array.from({ length: count }, (_, index) => [`${name}${index}`, 'x']));

function answered(reply: TestReply): unknown[] {
  return [reply.status, (JSON.parse(reply.text) as { code?: string }).code];
}

function staysJoined(h: House): void {
  assert.deepEqual(
    h.events.filter(({ kind }) => kind === 'sat-left'),
    [],
  );
}

suite('a request that functions let grow too large fails, and the Sat stays', () => {
  for (const kind of ['headers', 'params', 'state'] as const) {
    test(`one call that adds too many ${kind}`, async () => {
      await using h = await House.create(await application(CHAIN));
      const { sandbox } = await h.addSat('one');
      sandbox.script = (call) => call.finish(output('', { changes: { [kind]: entries(1025, 'a') } }));
      assert.deepEqual(answered(await h.fetch('/f')), [500, 'FUNCTION_OUTPUT_TOO_LARGE']);
      staysJoined(h);
    });
  }

  test('several calls that add too much together', async () => {
    await using h = await House.create(await application(CHAIN));
    const { sandbox } = await h.addSat('one');
    sandbox.script = (call) => call.finish(output('', { changes: { params: entries(600, call.module) } }));
    assert.deepEqual(answered(await h.fetch('/f')), [500, 'GATEWAY_REQUEST_TOO_LARGE']);
    assert.deepEqual(
      sandbox.calls.map(({ module }) => module),
      ['f', 'g'],
    );
    staysJoined(h);
    assert.equal(h.gateway.status.sats[0]?.inFlight, 0);
  });

  test('bytes: of one call, and of several', async () => {
    const [callBytes, resultBytes] = [100_000, 60_000];
    await using h = await House.create(await application(CHAIN), { limits: { callBytes, resultBytes } });
    const { sandbox } = await h.addSat('one', { limits: { callBytes, resultBytes } });
    let bytes = 70_000;
    sandbox.script = (call) =>
      call.finish(output('', { changes: { state: new Map([[`of-${call.module}`, new Uint8Array(bytes)]]) } }));
    assert.deepEqual(answered(await h.fetch('/f')), [500, 'FUNCTION_OUTPUT_TOO_LARGE']);
    bytes = 55_000;
    assert.deepEqual(answered(await h.fetch('/f')), [500, 'GATEWAY_REQUEST_TOO_LARGE']);
    staysJoined(h);
  });
});

test('an application that no DEPLOY can hold is not deployed, and the one before it is still served', async () => {
  await using h = await House.create(await application({ functions: { f: 'module f' } }));
  await h.addSat('one');
  const label = 'a'.repeat(60);
  const domains = Array.from({ length: 1024 }, (_, index) => `${label}.${label}.${label}.h${index}.com`).join(', ');
  const functions = Object.fromEntries(Array.from({ length: 90 }, (_, index) => [`f${index}`, `module ${index}`]));
  const sections = `capabilities:\n  http:\n    enabled: true\n    rules:\n      allowedDomains: [${domains}]\n`;
  const large = await application({ functions, sections });
  await assert.rejects(h.gateway.deploy(large), { code: 'GATEWAY_DEPLOYMENT_INVALID', message: /granted/ });
  assert.equal((await h.fetch('/f')).status, 200);
  staysJoined(h);
});
