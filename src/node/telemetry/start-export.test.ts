import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterEach, suite, test } from 'node:test';
import { getLogger, resetSync } from '@logtape/logtape';
import { realClock } from '../../../test/support/guests.ts';
import { startCollector } from '../../../test/support/otlp-collector.ts';
import { setUpLogging } from '../logging/index.ts';
import { activeSpan } from './active.ts';
import type { ExportSettings } from './export-settings.ts';
import { startExport, type StartOptions } from './start-export.ts';

const SIGNAL = { timeoutMs: 20_000, delayMs: 600_000, queueSize: 1000 };

function optionsFor(
  endpoint: string,
  settings: Partial<ExportSettings> = {},
): StartOptions & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    settings: {
      endpoint: new URL(endpoint),
      headers: new Map(),
      connectionTimeoutMs: 20_000,
      spans: SIGNAL,
      logs: SIGNAL,
      debug: false,
      trouble: 'console',
      ...settings,
    },
    environment: { OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test' },
    service: 'perigee-node',
    instance: 'n1',
    version: '1.2.3',
    clock: realClock,
    onlyIfThere: false,
    toConsole: (line) => lines.push(line),
    lines,
  };
}

/** A place where nobody listens any more. */
async function deadEndpoint(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

afterEach(() => resetSync());

suite('an export to a collector', () => {
  test('spans know their parents, by word of another process and by what they run within', async () => {
    await using collector = await startCollector();
    const { tracing, close } = await startExport(
      optionsFor(collector.url, { headers: new Map([['authorization', 'Bearer x']]) }),
    );
    assert.ok(tracing !== undefined);
    const outer = tracing.begin('outer', {
      kind: 'server',
      parent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      attributes: { text: 'x', whole: 7, half: 0.5, yes: true },
    });
    let later = (): string | undefined => undefined;
    outer.within(() => {
      tracing.begin('inner').end('ROOM_FULL');
      tracing.begin('root', { parent: '' }).end();
      tracing.begin('nonsense', { parent: 'nonsense' }).end();
      later = () => activeSpan()?.traceparent;
      assert.equal(later(), outer.traceparent);
    });
    const within = outer.within(() => () => activeSpan());
    outer.end();
    outer.end('again');
    assert.equal(
      outer.within(() => activeSpan()),
      undefined,
      'what has ended is no parent',
    );
    assert.equal(within(), undefined);
    assert.equal(await close(), true);

    const by = (name: string) => collector.spans.find((span) => span.name === name);
    assert.equal(collector.spans.length, 4);
    const received = by('outer');
    assert.equal(received?.traceId, '0af7651916cd43dd8448eb211c80319c');
    assert.equal(received?.parentId, 'b7ad6b7169203331');
    assert.equal(outer.traceparent, `00-${received?.traceId}-${received?.spanId}-01`);
    assert.deepEqual(received?.attributes, { text: 'x', whole: 7, half: 0.5, yes: true });
    assert.deepEqual([received?.kind, received?.status], [2, 0]);
    assert.deepEqual([received?.service, received?.instance], ['perigee-node', 'n1']);
    assert.equal(by('inner')?.parentId, received?.spanId);
    assert.deepEqual([by('inner')?.status, by('inner')?.attributes], [2, { 'error.type': 'ROOM_FULL' }]);
    assert.equal(by('root')?.parentId, '');
    assert.equal(by('nonsense')?.parentId, '');
    assert.equal(collector.headers[0]?.['authorization'], 'Bearer x');
  });

  test('a trace that its client does not want recorded is not', async () => {
    await using collector = await startCollector();
    const { tracing, close } = await startExport(optionsFor(collector.url));
    const span = tracing?.begin('quiet', { parent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00' });
    assert.match(span?.traceparent ?? '', /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/);
    span?.end();
    await close();
    assert.equal(collector.exports(), 0);
  });

  test('log records have the words of the log file, and the span they belong to', async () => {
    await using collector = await startCollector();
    const { tracing, log, close } = await startExport(optionsFor(collector.url));
    const lines: string[] = [];
    setUpLogging({ level: 'info', format: 'default', write: (line) => lines.push(line), alsoTo: log });
    const logger = getLogger(['perigee', 'gateway']);
    const span = tracing?.begin('request');
    assert.ok(span !== undefined);
    span.within(() => logger.warn('{who} said {what}', { who: 'a\u001b[2Jb\nc', what: new Error('no') }));
    span.end();
    logger.debug('not logged, not exported');
    logger.info('x'.repeat(20_000));
    getLogger(['perigee', 'telemetry']).warn('about the export itself');
    await close();
    assert.deepEqual(collector.records.length, 2);
    const [first, second] = collector.records;
    assert.equal(first?.body, 'a [2Jb c said no');
    assert.ok(lines[0]?.endsWith('gateway: a [2Jb c said no'));
    assert.equal(first?.severity, 13);
    assert.equal(span.traceparent, `00-${first?.traceId}-${first?.spanId}-01`);
    assert.deepEqual(first?.attributes, { 'perigee.target': 'gateway' });
    assert.equal(String(second?.body).length, 4096 + 1);
    assert.equal(second?.traceId, '');
    assert.equal(lines.length, 3, 'the file has what is not exported');
  });
});

suite('a collector that is not there', () => {
  test('is told at once to a command, which then exports nothing and loads nothing', async () => {
    const endpoint = await deadEndpoint();
    const load = (): never => assert.fail('nothing is to be loaded');
    const options = { ...optionsFor(endpoint), onlyIfThere: true, load };
    const { tracing, log, close } = await startExport(options);
    assert.deepEqual([tracing, log], [undefined, undefined]);
    assert.equal(await close(), true);
    assert.deepEqual(options.lines, [`telemetry: the collector at ${endpoint} is not there: refused`]);
  });

  test('costs a node its spans, and a line', async () => {
    const options = optionsFor(await deadEndpoint());
    const { tracing, close } = await startExport(options);
    tracing?.begin('one').end();
    assert.equal(await close(), true);
    assert.equal(options.lines.length, 1);
    assert.match(options.lines[0] ?? '', /^telemetry: spans cannot be exported: .*UNAVAILABLE/);
  });

  test('costs the end no more than the connection timeout when it takes the export and is silent', async () => {
    await using collector = await startCollector('hang');
    const options = optionsFor(collector.url, { connectionTimeoutMs: 300, trouble: 'off', debug: true });
    const { tracing, close } = await startExport({ ...options, onlyIfThere: false });
    tracing?.begin('one').end();
    const begin = performance.now();
    assert.equal(await close(), false, 'something was given up');
    assert.ok(performance.now() - begin < 10_000, 'far less than the 20 s of an export');
    assert.deepEqual(options.lines, ['telemetry: given up'], 'troubles are off');
  });

  test('may refuse what is exported', async () => {
    await using collector = await startCollector('refuse');
    const options = optionsFor(collector.url);
    const { tracing, close } = await startExport({ ...options, onlyIfThere: true });
    tracing?.begin('one').end();
    assert.equal(await close(), true);
    assert.match(options.lines.join('\n'), /spans cannot be exported: .*who are you/);
    assert.equal(collector.spans.length, 0);
  });

  test('troubles go to the log when the log is chosen', async () => {
    const options = optionsFor(await deadEndpoint(), { trouble: 'logfile' });
    const lines: string[] = [];
    setUpLogging({ level: 'info', format: 'default', write: (line) => lines.push(line) });
    await (await startExport({ ...options, onlyIfThere: true })).close();
    assert.deepEqual(options.lines, []);
    assert.match(lines.join('\n'), /WARN {2}telemetry: the collector at .* is not there: refused/);
  });

  test('the SDK that is not installed is named', async () => {
    const load = (name: string): Promise<unknown> => Promise.reject(new Error(`Cannot find package '${name}'`));
    await assert.rejects(startExport({ ...optionsFor('http://127.0.0.1:1'), load }), {
      code: 'NODE_TELEMETRY',
      remedy: /npm install @opentelemetry\/sdk-trace @opentelemetry\/exporter-trace-otlp-grpc /,
    });
  });
});
