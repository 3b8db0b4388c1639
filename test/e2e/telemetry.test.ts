import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { after, suite, test } from 'node:test';
import { newestLog } from '../../src/node/log-files/index.ts';
import { echo } from '../support/guests.ts';
import { type Collector, startCollector } from '../support/otlp-collector.ts';
import { startEchoService, through } from './echo.ts';
import { createPlace, DEMO_BUNDLE, PERIGEE, until } from './world.ts';

/** An installed package comes without the SDK. */
const skip = hasSdk() ? false : 'the SDK of OpenTelemetry is not installed beside the command';

function hasSdk(): boolean {
  try {
    createRequire(realpathSync(PERIGEE)).resolve('@opentelemetry/sdk-trace');
    return true;
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'MODULE_NOT_FOUND');
    return false;
  }
}

/** What switches the export on; waits are long, as machines that run tests are busy. */
function exportingTo(endpoint: string): Record<string, string> {
  return {
    PERIGEE_OPENTELEMETRY_EXPORT: 'true',
    PERIGEE_OPENTELEMETRY_ENDPOINT: endpoint,
    PERIGEE_FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '30s',
    PERIGEE_BACKGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '30s',
    PERIGEE_BACKGROUND_SPAN_EXPORT_SCHEDULED_DELAY: '50ms',
    PERIGEE_BACKGROUND_LOG_EXPORT_SCHEDULED_DELAY: '50ms',
    PERIGEE_LOG_LEVEL: 'debug',
  };
}

const named = (collector: Collector, name: string, service?: string) =>
  collector.spans.find((span) => span.name === name && (service === undefined || span.service === service));

const untilNamed = (collector: Collector, name: string, service?: string) =>
  collector.gets(() => named(collector, name, service), `the span ${name} of ${service ?? 'anybody'}`);

/** A server that takes connections and never says a word; counts them. */
async function silentServer() {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

suite('traces and logs of commands and nodes', () => {
  const place = createPlace();
  after(place.close);

  test('a command, the node it starts and the node it asks are one trace each; arguments are in none', {
    skip,
  }, async () => {
    await using collector = await startCollector();
    const client = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const env = { ...exportingTo(collector.url), PERIGEE_OPENTELEMETRY_HEADERS: 'authorization=Bearer token-of-mine' };
    const created = await place.run(['node', 'create', 'n1'], { env: { ...env, TRACEPARENT: client } });
    assert.equal(created.code, 0, created.stderr);
    const command = await untilNamed(collector, 'node create', 'perigee');
    assert.equal(command?.traceId, '0af7651916cd43dd8448eb211c80319c');
    assert.equal(command?.parentId, 'b7ad6b7169203331');
    assert.deepEqual([command?.attributes, command?.status], [{ 'process.exit.code': 0 }, 0]);
    const start = await untilNamed(collector, 'node start', 'perigee-node');
    assert.deepEqual([start?.traceId, start?.parentId], [command?.traceId, command?.spanId]);
    assert.deepEqual([start?.instance, start?.attributes], ['n1', { 'perigee.node': 'n1' }]);

    const asked = await place.run(['secure-channel', 'create', '--from', 'n1', '--to', '/node/n1/service/api'], {
      env,
    });
    assert.equal(asked.code, 0, asked.stderr);
    const caller = await untilNamed(collector, 'secure-channel create');
    const call = await untilNamed(collector, 'POST /secure-channel/create', 'perigee-node');
    assert.deepEqual([call?.traceId, call?.parentId, call?.kind], [caller?.traceId, caller?.spanId, 2]);
    const channel = await untilNamed(collector, 'secure-channel open');
    assert.deepEqual([channel?.traceId, channel?.parentId, channel?.kind], [call?.traceId, call?.spanId, 3]);
    assert.match(String(channel?.attributes['perigee.peer']), /^I[0-9a-f]{64}$/);
    const established = await collector.gets(
      () => collector.records.find(({ body, traceId }) => /as initiator/.test(String(body)) && traceId !== ''),
      'a log record of the channel',
    );
    assert.equal(established.traceId, call?.traceId);
    assert.equal(established.instance, 'n1');
    assert.ok(collector.headers.every((headers) => headers['authorization'] === 'Bearer token-of-mine'));

    const outlet = ['tcp-outlet', 'create', '--at', 'n1', '--from', 'name-of-mine', '--to'];
    assert.equal((await place.run([...outlet, '127.0.0.1:9'], { env })).code, 0);
    const refused = await place.run([...outlet, '127.0.0.1:10'], { env });
    assert.equal(refused.code, 70);
    for (const name of ['POST /tcp-outlet/create', 'tcp-outlet create']) {
      const failed = await collector.gets(
        () => collector.spans.find((span) => span.name === name && span.status === 2),
        `the span ${name} of the failure`,
      );
      assert.equal(failed.attributes['error.type'], 'NODE_IN_USE');
    }
    assert.ok(!JSON.stringify(collector.spans).includes('name-of-mine'));
    assert.ok(!JSON.stringify([collector.spans, collector.records]).includes('token-of-mine'));
  });

  test('a node goes on with the trace of --opentelemetry-context, or of its file', { skip }, async () => {
    await using collector = await startCollector();
    const traceOf = (digit: string): string => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
    const env = { ...exportingTo(collector.url), TRACEPARENT: traceOf('a') };
    const untilStarted = (instance: string) =>
      collector.gets(
        () => collector.spans.find((span) => span.name === 'node start' && span.instance === instance),
        `the start of ${instance}`,
      );
    const context = JSON.stringify({ traceparent: traceOf('b'), tracestate: '' });
    const flagged = await place.run(['node', 'create', 'flagged', '--opentelemetry-context', context], { env });
    assert.equal(flagged.code, 0, flagged.stderr);
    const command = await collector.gets(
      () => collector.spans.find(({ name, traceId }) => name === 'node create' && traceId === 'b'.repeat(32)),
      'the command in the trace of its argument',
    );
    assert.equal(command.parentId, 'b'.repeat(16));
    const start = await untilStarted('flagged');
    assert.deepEqual([start.traceId, start.parentId], [command.traceId, command.spanId]);

    const file = path.join(place.directory, 'traced.yaml');
    const text = { name: 'filed', opentelemetry_context: JSON.stringify({ traceparent: traceOf('c') }) };
    writeFileSync(file, JSON.stringify(text));
    const filed = await place.run(['node', 'create', file], { env });
    assert.equal(filed.code, 0, filed.stderr);
    assert.equal((await untilStarted('filed')).traceId, 'c'.repeat(32));
    await place.ok('node', 'delete', 'filed', '--yes');
    const both = await place.run(['node', 'create', file, '--opentelemetry-context', context], { env });
    assert.equal(both.code, 0, both.stderr);
    const again = await collector.gets(
      () => collector.spans.find((span) => span.instance === 'filed' && span.traceId === 'b'.repeat(32)),
      'the flag wins over the file',
    );
    assert.equal(again.name, 'node start');
    for (const name of ['flagged', 'filed']) await place.ok('node', 'delete', name, '--yes');
  });

  test('relays and connections of portals are in it, a connection as a trace of its own', { skip }, async () => {
    await using collector = await startCollector();
    const env = exportingTo(collector.url);
    const ok = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await place.run(args, { env });
      assert.equal(code, 0, stderr);
      return stdout;
    };
    const target = await startEchoService();
    after(target.close);
    await ok('node', 'create', 'p1');
    await ok('tcp-outlet', 'create', '--at', 'p1', '--to', `127.0.0.1:${target.port}`);
    await ok('relay', 'create', 'r1', '--at', '/node/n1', '--to', 'p1');
    const made = JSON.parse(
      await ok(
        'tcp-inlet',
        'create',
        '--at',
        'p1',
        '--from',
        '127.0.0.1:0',
        '--to',
        '/node/p1/secure/api/service/outlet',
        '--output',
        'json',
      ),
    ) as { bind_addr: string };
    assert.equal(await through(made.bind_addr, 'hello'), 'hello');
    const relay = await untilNamed(collector, 'relay register');
    assert.equal(relay?.traceId, (await untilNamed(collector, 'POST /relay/create'))?.traceId);
    const inlet = await untilNamed(collector, 'tcp-inlet connection');
    assert.equal(inlet?.parentId, '');
    assert.equal(inlet?.attributes['perigee.sent_bytes'], 5);
    assert.equal(inlet?.attributes['perigee.received_bytes'], 5);
    assert.match(String(inlet?.attributes['perigee.peer']), /^I[0-9a-f]{64}$/);
    const outlet = await untilNamed(collector, 'tcp-outlet connection');
    assert.equal(outlet?.attributes['perigee.portal'], 'outlet');
    assert.notEqual(outlet?.traceId, inlet?.traceId);
    assert.ok(!JSON.stringify([collector.spans, collector.records]).includes('hello'));
    await ok('node', 'delete', 'p1', '--yes');
  });

  test('nothing connects to a collector unless the export is on and has an endpoint', async () => {
    await using server = await silentServer();
    for (const env of [
      { PERIGEE_OPENTELEMETRY_ENDPOINT: server.url },
      {
        PERIGEE_OPENTELEMETRY_EXPORT: 'false',
        OCKAM_OPENTELEMETRY_EXPORT: 'true',
        PERIGEE_OPENTELEMETRY_ENDPOINT: server.url,
      },
      { PERIGEE_OPENTELEMETRY_EXPORT: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: server.url },
    ]) {
      for (const args of [
        ['node', 'create', 'quiet'],
        ['node', 'list'],
        ['node', 'delete', 'quiet', '--yes'],
      ]) {
        const { code, stderr } = await place.run(args, { env });
        assert.equal(code, 0, stderr);
      }
    }
    assert.equal(server.connections(), 0);
  });

  test('a collector that is down or silent keeps no command from its result and its end, and no node from its work', {
    skip,
  }, async () => {
    await using silent = await silentServer();
    const dead = await silentServer();
    await dead[Symbol.asyncDispose]();
    const plain = await place.run(['identity', 'list', '--output', 'json']);
    for (const endpoint of [dead.url, silent.url]) {
      const env = {
        ...exportingTo(endpoint),
        PERIGEE_FOREGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '200ms',
        PERIGEE_BACKGROUND_OPENTELEMETRY_ENDPOINT_CONNECTION_TIMEOUT: '200ms',
        PERIGEE_SPAN_EXPORT_TIMEOUT: '1h',
        PERIGEE_LOG_EXPORT_TIMEOUT: '1h',
      };
      assert.deepEqual(await place.run(['identity', 'list', '--output', 'json'], { env }), plain, endpoint);
      const created = await place.run(['node', 'create', 'brave'], { env });
      assert.equal(created.code, 0, created.stderr);
      assert.equal(
        (await place.run(['tcp-outlet', 'create', '--at', 'brave', '--to', '127.0.0.1:9'], { env })).code,
        0,
      );
      // Stopped it is when its process has ended: it would be waited for an hour.
      assert.equal((await place.run(['node', 'stop', 'brave'], { env })).code, 0);
      assert.equal((await place.run(['node', 'delete', 'brave', '--yes'], { env })).code, 0);
    }
    assert.ok(silent.connections() > 0);
  });

  test('what goes wrong with the export is told where it is wanted', { skip }, async () => {
    const dead = await silentServer();
    await dead[Symbol.asyncDispose]();
    const run = (more: Record<string, string>) =>
      place.run(['node', 'list'], { env: { ...exportingTo(dead.url), ...more } });
    const complaint = /the collector at http:\/\/127\.0\.0\.1:\d+ is not there: refused/;
    assert.match((await run({ PERIGEE_TRACING_GLOBAL_ERROR_HANDLER: 'console' })).stderr, complaint);
    for (const more of [{}, { PERIGEE_LOGGING: 'true', PERIGEE_TRACING_GLOBAL_ERROR_HANDLER: 'off' }])
      assert.doesNotMatch((await run(more)).stderr, complaint);
    const log = (): string => readFileSync(newestLog(path.join(place.home, 'commands', 'node list')) ?? '', 'utf8');
    assert.doesNotMatch(log(), complaint);
    await run({ PERIGEE_LOGGING: 'true' });
    assert.match(log(), complaint);
    const debug = await run({ PERIGEE_OPENTELEMETRY_EXPORT_DEBUG: 'true' });
    assert.match(debug.stderr, /telemetry: the collector at .*: refused/);
    const malformed = await run({ OCKAM_SPAN_EXPORT_QUEUE_SIZE: 'many' });
    assert.equal(malformed.code, 70);
    assert.match(malformed.stderr, /cannot parse the value of the environment variable PERIGEE_SPAN_EXPORT_QUEUE_SIZE/);
    assert.match(malformed.stderr, /write a whole number from 1 to 1000000/);
  });

  test('enroll refuses a controller rather than to enroll elsewhere', async () => {
    for (const name of ['PERIGEE_CONTROLLER_ADDR', 'OCKAM_CONTROLLER_IDENTITY_ID', 'OCKAM_AUTHENTICATOR_ENDPOINT']) {
      const { code, stderr } = await place.run(['enroll'], { env: { [name]: 'x' } });
      assert.equal(code, 70);
      assert.match(stderr, /there is no controller to enroll with/);
    }
  });
});

suite('traces of functions', () => {
  const place = createPlace();
  after(place.close);

  test('a request through a gateway and a Sat is one trace over all processes', { skip }, async () => {
    await using collector = await startCollector();
    const env = exportingTo(collector.url);
    const json = async <T>(...args: string[]): Promise<T> => {
      const { code, stdout, stderr } = await place.run([...args, '--output', 'json'], { env });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout) as T;
    };
    await place.ok('project', 'create', 'default', 'lab');
    const { http } = await json<{ http: string }>('gateway', 'create', 'edge', '--bundle', DEMO_BUNDLE, '--http', '0');
    const ticket = (await place.ok('project', 'ticket', '--sat', 'edge')).trim();
    await json('sat', 'join', ticket, 'one', '--workers', '1', '--identity', 'device');
    const traceId = '11112222333344445555666677778888';
    const headers = { traceparent: `00-${traceId}-b7ad6b7169203331-01`, authorization: 'Bearer token-of-mine' };
    await until(async () => {
      const response = await fetch(`${http}/greet/Ada?token-of-mine`, { headers });
      await response.text();
      return response.status === 200 ? true : undefined;
    }, 'the application to answer');
    const called = await collector.gets(
      () => collector.spans.find((span) => span.service === 'perigee-sat' && span.traceId === traceId),
      'the span of the call at the Sat',
    );
    const step = await collector.gets(
      () => collector.spans.find(({ spanId }) => spanId === called.parentId),
      'the span of the step',
    );
    const request = await collector.gets(
      () => collector.spans.find(({ spanId }) => spanId === step.parentId),
      'the span of the request',
    );
    assert.deepEqual([called.instance, called.kind, called.status], ['one', 2, 0]);
    assert.match(called.name, /^.+#default::.*greet.*@v/);
    assert.deepEqual([step.service, step.instance, step.kind, step.name], ['perigee-gateway', 'edge', 3, called.name]);
    assert.deepEqual([request.service, request.kind, request.parentId], ['perigee-gateway', 2, 'b7ad6b7169203331']);
    assert.match(request.name, /^GET \/greet\/:/);
    assert.equal(request.attributes['http.response.status_code'], 200);
    assert.equal(called.attributes['perigee.request_id'], request.attributes['perigee.request_id']);
    const record = await collector.gets(
      () => collector.records.find((one) => one.service === 'perigee-gateway' && one.spanId === request.spanId),
      'the record of the request',
    );
    assert.match(String(record.body), /^GET \/greet\/Ada 200 in /);
    const everything = JSON.stringify([collector.spans, collector.records]);
    for (const secret of ['token-of-mine', ticket]) assert.ok(!everything.includes(secret));
    assert.ok(!JSON.stringify(collector.spans).includes('Ada'));
  });

  test('a request of sat run goes on with the trace of its client', { skip }, async () => {
    await using collector = await startCollector();
    const module = path.join(place.directory, 'echo.wasm');
    writeFileSync(module, echo());
    const server = place.start(['sat', 'run', '--workers', '1', module], { env: exportingTo(collector.url) });
    const { listening } = JSON.parse((await server.line()) ?? '') as { listening: string };
    const headers = { traceparent: '00-11112222333344445555666677778888-b7ad6b7169203331-01' };
    await (await fetch(listening, { method: 'POST', body: 'token-of-mine', headers })).text();
    server.child.kill('SIGTERM');
    assert.equal((await server.ended).code, 0);
    const request = named(collector, 'HTTP');
    assert.deepEqual([request?.service, request?.parentId], ['perigee', 'b7ad6b7169203331']);
    assert.equal(named(collector, 'sat run')?.attributes['process.exit.code'], 0);
    assert.ok(!JSON.stringify(collector.spans).includes('token-of-mine'));
  });
});
