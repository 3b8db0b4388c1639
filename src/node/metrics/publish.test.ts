import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { suite, test } from 'node:test';
import { capabilities, echo, guest, realClock } from '../../../test/support/guests.ts';
import { Sandbox } from '../../compute/sandbox/index.ts';
import { GatewayMetrics, publishMetrics, type PublishOptions, sandboxMetrics, SatMetrics } from './index.ts';
import { readExposition, valueOf } from './testdata/read-exposition.ts';

function optionsFor(more: Partial<PublishOptions> = {}): PublishOptions {
  return {
    address: '127.0.0.1:0',
    environment: {},
    service: 'perigee-test',
    instance: 'one',
    software: 'perigee 0',
    clock: realClock,
    collect: () => [],
    onTrouble: (what) => assert.fail(what),
    ...more,
  };
}

suite('the scraped endpoint', () => {
  test('tells everything about a sandbox and its functions', async () => {
    await using sandbox = await Sandbox.create({ clock: realClock, limits: { threads: 2 } });
    const good = sandbox.load(echo());
    const bad = sandbox.load(guest({ run: '(unreachable)', pages: 2 }));
    const label = 'com.acme::default::f"\\@v1';
    for (const module of [good, bad, good]) await sandbox.call(module, { capabilities: capabilities(), label });
    const published = await publishMetrics(optionsFor({ collect: () => sandboxMetrics(sandbox.stats()) }));
    try {
      assert.match(published.url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
      const response = await fetch(published.url ?? '');
      assert.equal(response.status, 200);
      assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
      const families = readExposition(await response.text());
      const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
        valueOf(families, name, labels);
      for (const [name, { help }] of families) {
        assert.match(name, /^perigee_[a-z_]+$/);
        assert.match(help, /^[A-Z].*\.$/, name);
      }
      assert.equal(value('perigee_function_calls_total', { function: label, outcome: 'output' }), 2);
      assert.equal(value('perigee_function_calls_total', { function: label, outcome: 'TRAP' }), 1);
      assert.equal(value('perigee_function_memory_high_water_bytes', { function: label }), 131_072);
      assert.equal(value('perigee_function_host_calls_total', { function: label }), 2);
      assert.equal(value('perigee_function_duration_seconds_count', { function: label }), 3);
      for (const phase of ['queue', 'start', 'run', 'wait']) {
        assert.equal(value('perigee_function_phase_duration_seconds_count', { function: label, phase }), 3);
      }
      assert.equal(value('perigee_function_memory_bytes_bucket', { function: label, le: '65536' }), 2);
      const { functions } = sandbox.stats();
      const wall = (functions[0]?.durations.wall.sum ?? 0) / 1000;
      assert.ok(Math.abs((value('perigee_function_duration_seconds_sum', { function: label }) ?? 0) - wall) < 1e-9);
      assert.equal(value('perigee_sandbox_modules'), 2);
      assert.equal(value('perigee_sandbox_threads_lost_total'), 0);
      assert.ok((value('perigee_process_resident_memory_bytes') ?? 0) > 1e7);
      assert.ok((value('perigee_process_memory_bytes', { kind: 'heap_used' }) ?? 0) > 1e6);
      assert.ok((value('perigee_process_cpu_seconds_total') ?? 0) > 0);
      assert.ok(
        Math.abs((value('perigee_process_start_time_seconds') ?? 0) - (Date.now() / 1000 - process.uptime())) < 5,
      );
      assert.ok((value('perigee_process_event_loop_delay_seconds', { quantile: '0.99' }) ?? -1) >= 0);
    } finally {
      await published.close();
    }
    await assert.rejects(fetch(published.url ?? ''));
  });

  test('answers nothing else, and outlives nonsense', async () => {
    const published = await publishMetrics(optionsFor());
    const url = published.url ?? '';
    const base = url.replace('/metrics', '');
    assert.equal((await fetch(base)).status, 404);
    assert.equal((await fetch(`${url}/x`)).status, 404);
    const posted = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) });
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
    const head = await fetch(url, { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    const stray = connect(Number(new URL(url).port), '127.0.0.1');
    stray.end('\u0000\u0001 nonsense\r\n\r\n');
    stray.resume();
    await once(stray, 'close');
    assert.equal((await fetch(`${url}?name[]=x`)).status, 200);
    await published.close();
  });

  test('says that metrics cannot be had, and goes on', async () => {
    const troubles: string[] = [];
    let isBroken = true;
    const published = await publishMetrics(
      optionsFor({
        onTrouble: (what) => troubles.push(what),
        collect: () => {
          if (isBroken) throw new Error('inside');
          return [];
        },
      }),
    );
    const response = await fetch(published.url ?? '');
    assert.deepEqual([response.status, await response.text()], [500, 'the metrics could not be collected\n']);
    assert.deepEqual(troubles, ['the metrics could not be collected: Error: inside']);
    isBroken = false;
    assert.equal((await fetch(published.url ?? '')).status, 200);
    await published.close();
  });

  test('an address that cannot be listened at is told, and nothing stays open', async () => {
    const first = await publishMetrics(optionsFor());
    await assert.rejects(publishMetrics(optionsFor({ address: first.address })), { code: 'NODE_LISTEN' });
    await first.close();
  });

  test('nobody listens unless it was asked for', async () => {
    const published = await publishMetrics(optionsFor({ address: undefined }));
    assert.equal(published.url, undefined);
    await published.close();
  });
});

suite('counts', () => {
  const request = {
    kind: 'request',
    requestId: 'r',
    method: 'GET',
    path: '/',
    status: 200,
    sat: undefined,
    ms: 12,
    code: undefined,
    reason: undefined,
    handler: 'hello',
  } as const;
  const status = {
    name: 'g',
    application: undefined,
    sats: [],
    requests: { open: 1, served: 4, failed: 1, waiting: 2 },
  } as const;
  const read = (metrics: GatewayMetrics): ReadonlyMap<string, Record<string, number>> =>
    new Map(
      metrics
        .metrics(status)
        .map(({ name, series }) => [
          name,
          Object.fromEntries(
            series.map(({ labels, value }) => [
              Object.values(labels).join(' '),
              typeof value === 'number' ? value : value.counts.reduce((a, b) => a + b, 0),
            ]),
          ),
        ]),
    );

  test('of a gateway: requests by handler and status, retries, Sats', () => {
    const metrics = new GatewayMetrics();
    metrics.count(request);
    metrics.count({ ...request, status: 503 });
    metrics.count({ ...request, status: 404, handler: undefined });
    metrics.count({ kind: 'call-retried', requestId: 'r', sat: 's', reason: '' });
    metrics.count({ kind: 'sat-refused', peer: 'p', check: 'policy', reason: '' });
    metrics.count({ kind: 'deployed', application: 'a', version: 'v1' });
    const found = read(metrics);
    assert.deepEqual(found.get('perigee_gateway_requests_total'), { 'hello 200': 1, 'hello 503': 1, '(none) 404': 1 });
    assert.deepEqual(found.get('perigee_gateway_request_duration_seconds'), { hello: 2, '(none)': 1 });
    assert.deepEqual(found.get('perigee_gateway_calls_retried_total'), { '': 1 });
    assert.deepEqual(found.get('perigee_gateway_sat_sessions_total'), { joined: 0, left: 0, refused: 1 });
    assert.deepEqual(found.get('perigee_gateway_calls_waiting'), { '': 2 });
  });

  test('are bounded whatever handlers and functions there are', () => {
    const metrics = new GatewayMetrics();
    for (let i = 0; i < 1000; i++) metrics.count({ ...request, handler: `h${i}` });
    for (let i = 100; i < 600; i++) metrics.count({ ...request, handler: 'h0', status: i });
    const series = read(metrics).get('perigee_gateway_requests_total') ?? {};
    assert.equal(series['(other) 200'], 744);
    assert.equal(series['h0 (other)'], 436);
    assert.equal(Object.keys(series).length, 256 + 1 + 63 + 1);
  });

  test('of a Sat: whether it is joined, what it tried, what it fetched', () => {
    const metrics = new SatMetrics();
    metrics.count({ kind: 'dial-failed', code: 'X', reason: '', retryInMs: 1 });
    metrics.count({ kind: 'joined', gateway: 'g' });
    metrics.count({ kind: 'module-fetched', digest: 'd', bytes: 12 });
    for (let i = 0; i < 2; i++) metrics.count({ kind: 'log-line-dropped', function: 'f' });
    const found = metrics.metrics({ state: 'joined', gateway: 'g', inFlight: 3, trouble: undefined });
    const values = Object.fromEntries(found.map(({ name, series }) => [name, series.map(({ value }) => value)]));
    assert.deepEqual(values, {
      perigee_sat_joined: [1],
      perigee_sat_calls_in_flight: [3],
      perigee_sat_sessions_total: [1, 0, 1, 0],
      perigee_sat_modules_fetched_total: [1],
      perigee_sat_fetched_bytes_total: [12],
      perigee_sat_log_lines_dropped_total: [2],
    });
  });
});
