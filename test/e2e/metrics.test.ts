import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import type { CpuProfile } from '../../src/compute/profile/index.ts';
import { readExposition, type ReadFamily, valueOf } from '../../src/node/metrics/testdata/read-exposition.ts';
import { ECHO, echo, env, guest } from '../support/guests.ts';
import { createPlace, DEMO_BUNDLE, until } from './world.ts';

async function scrape(url: string): Promise<ReadonlyMap<string, ReadFamily>> {
  const response = await fetch(url);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  return readExposition(await response.text());
}

/** Every value of `name`, added up. */
function total(families: ReadonlyMap<string, ReadFamily>, name: string): number {
  return (families.get(name)?.samples ?? []).reduce((sum, { value }) => sum + value, 0);
}

suite('metrics of real processes', () => {
  const place = createPlace();
  after(place.close);

  test('sat run tells how its function does', async () => {
    const module = path.join(place.directory, 'picky.wasm');
    writeFileSync(
      module,
      guest({
        imports: env('return_result', 3, 0),
        run: `(if (i32.eq (local.get $len) (i32.const 4)) (then (unreachable))) ${ECHO}`,
      }),
    );
    const server = place.start(['sat', 'run', '--workers', '1', '--metrics', '0', module]);
    const ready = JSON.parse((await server.line()) ?? '') as { listening: string; metrics: string };
    assert.match(ready.metrics, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    for (const body of ['hello', 'trap', 'again'])
      await (await fetch(ready.listening, { method: 'POST', body })).text();
    const families = await scrape(ready.metrics);
    assert.equal(valueOf(families, 'perigee_function_calls_total', { function: 'picky', outcome: 'output' }), 2);
    assert.equal(valueOf(families, 'perigee_function_calls_total', { function: 'picky', outcome: 'TRAP' }), 1);
    assert.equal(valueOf(families, 'perigee_function_duration_seconds_count', { function: 'picky' }), 3);
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
    await assert.rejects(fetch(ready.metrics));
  });

  test('an address that is taken, or a collector without its SDK, keeps it from starting', async () => {
    const module = path.join(place.directory, 'picky.wasm');
    const taken = await place.run(['sat', 'run', '--workers', '1', '--metrics', '203.0.113.7:1', module]);
    assert.equal(taken.code, 70);
    assert.match(taken.stderr, /cannot listen on "203\.0\.113\.7:1"[\s\S]*NODE_LISTEN/);
    const nonsense = await place.run(['sat', 'run', '--metrics', 'no port', module]);
    assert.equal(nonsense.code, 64);
    const interval = await place.run(['sat', 'run', '--workers', '1', module], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_METRIC_EXPORT_INTERVAL: 'soon' },
    });
    assert.equal(interval.code, 70);
    assert.match(interval.stderr, /OTEL_METRIC_EXPORT_INTERVAL is "soon"[\s\S]*NODE_TELEMETRY/);
  });

  test('sat run exports to the collector that the environment names, at the latest when it ends', async () => {
    const bodies: string[] = [];
    const collector = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        bodies.push(body);
        response.end('{}');
      });
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const module = path.join(place.directory, 'echo.wasm');
    writeFileSync(module, echo());
    const server = place.start(['sat', 'run', '--workers', '1', module], {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`, OTEL_SERVICE_NAME: 'edge-functions' },
    });
    const ready = JSON.parse((await server.line()) ?? '') as { listening: string; metrics?: string };
    assert.equal(ready.metrics, undefined, 'nothing listens');
    await (await fetch(ready.listening, { method: 'POST', body: 'x' })).text();
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
    const last = bodies.at(-1) ?? '';
    for (const part of [
      '"edge-functions"',
      '"perigee_function_calls"',
      '"perigee_function_duration_seconds"',
      '"echo"',
    ]) {
      assert.ok(last.includes(part), part);
    }
    collector.close();
    collector.closeAllConnections();
  });

  test('a gateway and its Sat each tell their side, also after a restart', async () => {
    await place.ok('project', 'create', 'default', 'lab');
    const failed = await place.run(
      'gateway create edge --http 0 --metrics 203.0.113.7:1 --bundle'.split(' ').concat(DEMO_BUNDLE),
    );
    assert.equal(failed.code, 70);
    assert.match(failed.stderr, /cannot listen on "203\.0\.113\.7:1"/);
    assert.doesNotMatch(await place.ok('node', 'list', '--output', 'json'), /edge/, 'it is not left recorded');
    const gateway = await place.json<{ http: string; metrics: string }>(
      'gateway',
      'create',
      'edge',
      '--bundle',
      DEMO_BUNDLE,
      '--http',
      '0',
      '--metrics',
      '0',
      '--output',
      'json',
    );
    const ticket = await place.ok('project', 'ticket', '--sat', 'edge');
    const sat = await place.json<{ metrics: string }>(
      'sat',
      'join',
      ticket.trim(),
      'one',
      '--workers',
      '1',
      '--metrics',
      '0',
      '--identity',
      'device',
      '--output',
      'json',
    );
    const there = await until(async () => {
      const families = await scrape(gateway.metrics);
      return valueOf(families, 'perigee_gateway_sats') === 1 ? families : undefined;
    }, 'the Sat to join');
    assert.equal(valueOf(there, 'perigee_gateway_sat_sessions_total', { event: 'joined' }), 1);
    const answered = await until(async () => {
      const response = await fetch(`${gateway.http}/greet/Ada`);
      await response.text();
      return response.status === 200 ? true : undefined;
    }, 'the application to answer');
    assert.equal(answered, true);
    const atGateway = await scrape(gateway.metrics);
    const served = atGateway
      .get('perigee_gateway_requests_total')
      ?.samples.filter(({ labels }) => labels['status'] === '200' && labels['handler'] !== '(none)');
    assert.equal(served?.length, 1);
    const atSat = await scrape(sat.metrics);
    assert.equal(valueOf(atSat, 'perigee_sat_joined'), 1);
    assert.ok(total(atSat, 'perigee_function_calls_total') >= 1);
    assert.ok(total(atSat, 'perigee_sat_fetched_bytes_total') > 1000);
    const [called] = atSat.get('perigee_function_calls_total')?.samples ?? [];
    assert.match(called?.labels['function'] ?? '', /^.+#default::.+@v/);

    const file = path.join(place.directory, 'greet.cpuprofile');
    const over = new AbortController();
    const requests = (async () => {
      while (!over.signal.aborted) await (await fetch(`${gateway.http}/greet/Ada`)).text();
    })();
    const command = 'sat profile one --fqmn greet --duration 1s --output json --file'.split(' ');
    const { samples } = await place.json<{ samples: number }>(...command, file).finally(() => over.abort());
    await requests;
    const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
    assert.equal(profile.samples.length, samples);
    assert.ok(samples > 0 && profile.timeDeltas.length === samples && profile.endTime > 0);
    const ids = new Set(profile.nodes.map(({ id }) => id));
    assert.ok(profile.samples.every((id) => ids.has(id)));
    assert.equal(profile.nodes[0]?.callFrame.functionName, '(root)');
    const again = await place.run(['sat', 'profile', 'one', '--fqmn', 'greet', '--file', file]);
    assert.match(again.stderr, /cannot write .*greet\.cpuprofile[\s\S]*NODE_INPUT/);
    const unknown = await place.run(['sat', 'profile', 'one', '--fqmn', 'nothing', '--file', `${file}.2`]);
    assert.equal(unknown.code, 70);
    assert.match(unknown.stderr, /the Sat has no function "nothing"[\s\S]*say one of .*greet/);
    assert.equal(existsSync(`${file}.2`), false);
    const wrong = await place.run(['sat', 'profile', 'edge', '--fqmn', 'greet']);
    assert.match(wrong.stderr, /edge is no Sat/);

    await place.ok('node', 'stop', 'one');
    await assert.rejects(fetch(sat.metrics));
    await place.ok('node', 'start', 'one');
    assert.ok((await scrape(sat.metrics)).has('perigee_sat_joined'), 'on the same port');
  });
});
