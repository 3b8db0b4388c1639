import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import { realClock } from '../../../test/support/guests.ts';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { Histogram } from '../../compute/metrics/index.ts';
import { type Collect, publishMetrics } from './index.ts';
import { startTelemetry, type TelemetryOptions } from './telemetry.ts';
import { wantsTelemetry } from './telemetry-environment.ts';

interface Attribute {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}
interface Point {
  readonly attributes: readonly Attribute[];
  readonly asDouble?: number;
  readonly asInt?: string | number;
  readonly count?: string | number;
  readonly sum?: number;
  readonly bucketCounts?: readonly (string | number)[];
  readonly explicitBounds?: readonly number[];
}
interface Exported {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly sum?: {
    readonly isMonotonic: boolean;
    readonly aggregationTemporality: number;
    readonly dataPoints: Point[];
  };
  readonly gauge?: { readonly dataPoints: Point[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: Point[] };
}
interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly Exported[];
    }[];
  }[];
}

/** A collector that takes OTLP over HTTP, in JSON, and keeps what it gets. */
async function collector(status = 200) {
  const requests: { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: ExportRequest }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest;
      requests.push({ path: request.url ?? '', headers: request.headers, body });
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The exporter reads the variables of the process itself. */
function withEnvironment(variables: Readonly<Record<string, string>>): Disposable {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return {
    [Symbol.dispose]: () => {
      for (const name of Object.keys(variables)) {
        if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = before[name];
      }
    },
  };
}

function collectOf(histogram: Histogram): Collect {
  return () => [
    {
      type: 'counter',
      name: 'perigee_calls_total',
      help: 'Calls.',
      unit: '',
      series: [
        { labels: { function: 'f', outcome: 'output' }, value: 3 },
        { labels: { function: 'f', outcome: 'TRAP' }, value: 1 },
      ],
    },
    {
      type: 'gauge',
      name: 'perigee_memory_bytes',
      help: 'Memory.',
      unit: 'By',
      series: [{ labels: {}, value: 65_536 }],
    },
    {
      type: 'histogram',
      name: 'perigee_duration_seconds',
      help: 'Durations.',
      unit: 's',
      series: [{ labels: { function: 'f' }, value: histogram.snapshot() }],
    },
  ];
}

function optionsFor(
  environment: Readonly<Record<string, string>>,
  more: Partial<TelemetryOptions> = {},
): TelemetryOptions {
  return {
    environment,
    service: 'perigee-sat',
    instance: 'edge-1',
    version: 'perigee 1.2.3',
    clock: realClock,
    collect: () => [],
    onTrouble: (what) => assert.fail(what),
    ...more,
  };
}

function attributesOf(attributes: readonly Attribute[] = []): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}

suite('the export to a collector', () => {
  test('carries counters, gauges and histograms with their labels, and who says so', async () => {
    await using stub = await collector();
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: stub.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=acme',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test%20bed,service.name=unused',
      OTEL_SERVICE_NAME: 'my-sats',
    };
    using _ = withEnvironment(environment);
    const histogram = new Histogram([0.1, 1]);
    for (const value of [0.05, 0.5, 0.5, 5]) histogram.observe(value);
    const telemetry = await startTelemetry(optionsFor(environment, { collect: collectOf(histogram) }));
    await telemetry.flush();
    assert.equal(stub.requests.length, 1);
    const [{ path, headers, body } = assert.fail()] = stub.requests;
    assert.deepEqual([path, headers['content-type'], headers['x-tenant']], ['/v1/metrics', 'application/json', 'acme']);
    const [{ resource, scopeMetrics } = assert.fail()] = body.resourceMetrics;
    const who = attributesOf(resource.attributes);
    assert.equal(who['service.name'], 'my-sats');
    assert.equal(who['service.version'], 'perigee 1.2.3');
    assert.equal(who['service.instance.id'], 'edge-1');
    assert.equal(who['deployment.environment'], 'test bed');
    const metrics = new Map(scopeMetrics.flatMap((scope) => scope.metrics.map((metric) => [metric.name, metric])));
    const calls = metrics.get('perigee_calls');
    assert.deepEqual([calls?.sum?.isMonotonic, calls?.sum?.aggregationTemporality, calls?.unit], [true, 2, '1']);
    assert.deepEqual(
      calls?.sum?.dataPoints.map((point) => [attributesOf(point.attributes), Number(point.asDouble ?? point.asInt)]),
      [
        [{ function: 'f', outcome: 'output' }, 3],
        [{ function: 'f', outcome: 'TRAP' }, 1],
      ],
    );
    const memory = metrics.get('perigee_memory_bytes');
    assert.deepEqual([memory?.unit, memory?.description], ['By', 'Memory.']);
    assert.equal(Number(memory?.gauge?.dataPoints[0]?.asDouble ?? memory?.gauge?.dataPoints[0]?.asInt), 65_536);
    const durations = metrics.get('perigee_duration_seconds');
    const [point = assert.fail()] = durations?.histogram?.dataPoints ?? [];
    assert.deepEqual([durations?.unit, durations?.histogram?.aggregationTemporality], ['s', 2]);
    assert.deepEqual(
      [point.explicitBounds, point.bucketCounts?.map(Number)],
      [
        [0.1, 1],
        [1, 2, 1],
      ],
    );
    assert.deepEqual([Number(point.count), point.sum, attributesOf(point.attributes)], [4, 6.05, { function: 'f' }]);
    await telemetry.close();
    assert.equal(stub.requests.length, 2, 'once more at the end');
  });

  test('a process publishes all that it has, by the variable for metrics alone', async () => {
    await using stub = await collector();
    const environment = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${stub.url}/custom` };
    using _ = withEnvironment(environment);
    const published = await publishMetrics({
      ...optionsFor(environment),
      software: 'perigee 0',
      address: undefined,
      collect: collectOf(new Histogram([1])),
    });
    assert.equal(published.url, undefined);
    await published.close();
    assert.equal(stub.requests[0]?.path, '/custom');
    const names = new Set(
      stub.requests[0]?.body.resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)),
      ),
    );
    for (const name of [
      'perigee_process_resident_memory_bytes',
      'perigee_process_cpu_seconds',
      'perigee_calls',
      'perigee_duration_seconds',
    ]) {
      assert.ok(names.has(name), name);
    }
  });

  test('a collector that refuses is told of, and keeps nothing from ending', async () => {
    await using stub = await collector(400);
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: stub.url };
    using _ = withEnvironment(environment);
    const troubles: string[] = [];
    const telemetry = await startTelemetry(optionsFor(environment, { onTrouble: (what) => troubles.push(what) }));
    await telemetry.close();
    assert.ok(troubles.length > 0);
  });

  test('the end does not wait for a collector that does not answer', async () => {
    const silent = createServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` };
    using _ = withEnvironment(environment);
    const clock = new VirtualClock();
    const telemetry = await startTelemetry(optionsFor(environment, { clock, onTrouble: () => {} }));
    const reached = once(silent, 'request');
    const closed = telemetry.close();
    await reached;
    await clock.advance(3_000);
    await closed;
    silent.closeAllConnections();
    silent.close();
    await once(silent, 'close');
  });

  test('peers that are not installed are asked for', async () => {
    const load = (name: string): Promise<unknown> => Promise.reject(new Error(`Cannot find package '${name}'`));
    await assert.rejects(startTelemetry(optionsFor({}, { load })), {
      code: 'NODE_TELEMETRY',
      remedy: /npm install @opentelemetry\/sdk-metrics @opentelemetry\/exporter-metrics-otlp-http/,
    });
  });

  test('an interval that is no number is refused', async () => {
    for (const text of ['soon', '0', '-5', '1.5', '99999999999']) {
      const environment = { OTEL_METRIC_EXPORT_INTERVAL: text };
      await assert.rejects(startTelemetry(optionsFor(environment)), {
        code: 'NODE_TELEMETRY',
        message: /EXPORT_INTERVAL/,
      });
    }
  });

  test('happens only when a collector is named', () => {
    const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:4318';
    assert.equal(wantsTelemetry({}), false);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT: '' }), false);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://x' }), false);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT }), true);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://x' }), true);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }), false);
    assert.equal(wantsTelemetry({ OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_METRICS_EXPORTER: 'none' }), false);
  });
});
