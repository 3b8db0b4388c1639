/**
 * Traces and logs on their way to an OpenTelemetry collector, by OTLP over gRPC (`observability.md` §6).
 *
 * 1. A command looks first whether the collector is there; a node goes on without it. 2. The SDK is loaded, an optional peer. 3. Spans and
 * log records wait in queues with a bound. 4. At the end what is left gets one connection timeout.
 */
import { getLogger } from '@logtape/logtape';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { type Clock, delay } from '../../kernel/index.ts';
import type { ExportSettings, SignalSettings } from './export-settings.ts';
import { ExportQueue } from './export-queue.ts';
import { logSink, OWN_CATEGORY } from './log-records.ts';
import { loadPeers, metadataOf, TRACE_EXPORTER } from './peers.ts';
import { reach } from './reach.ts';
import { type Exporting, resourceOf } from './resource.ts';
import { tracingWith } from './spans.ts';
import type { TelemetryExport } from './telemetry-export.ts';

const SCOPE = 'perigee';
/** Ours: about what a span or a record holds, without its words, bytes. */
const ITEM_BYTES = 1024;
/** Ours: what one span or record may have. */
const LIMITS = { attributeValueLengthLimit: 1024, attributeCountLimit: 32 };

/** Who exports, and how. */
export interface StartOptions extends Exporting {
  readonly settings: ExportSettings;
  readonly clock: Clock;
  /** Nothing is exported, and nothing loaded, unless the collector accepts a connection now. */
  readonly onlyIfThere: boolean;
  /** Takes a line for the console. */
  readonly toConsole: (line: string) => void;
  /** Loads a peer by its name; for tests. */
  readonly load?: ((name: string) => Promise<unknown>) | undefined;
}

/** The part of both exporters that is used here. */
interface Exporter<T> {
  readonly export: (items: T[], done: (result: { readonly code: number; readonly error?: Error }) => void) => void;
  readonly shutdown: () => Promise<void>;
}

/**
 * Starts to export; `undefined` with `onlyIfThere` when the collector is not there, and whether something of the attempt may linger.
 * @throws {NodeError} NODE_TELEMETRY when the peers are not installed
 */
export async function startExport(options: StartOptions): Promise<TelemetryExport> {
  const { settings, clock, version, onlyIfThere, toConsole, load = (name: string) => import(name) } = options;
  const { endpoint, connectionTimeoutMs } = settings;
  const debug = (what: string): void => {
    if (settings.debug) toConsole(`telemetry: ${what}`);
  };
  const trouble = troubleOutput(options);
  if (onlyIfThere) {
    const found = await reach(endpoint, connectionTimeoutMs, clock);
    debug(`the collector at ${endpoint.origin}: ${found}`);
    if (found !== 'reached') {
      return {
        tracing: undefined,
        log: undefined,
        close: async () => {
          // Only now: the log that it may have to go to is set up later than this.
          trouble(`the collector at ${endpoint.origin} is not there: ${found}`);
          return found !== 'timed-out';
        },
      };
    }
  }
  const peers = await loadPeers(load);
  const metadata = metadataOf(settings.headers);
  const resource = resourceOf(TRACE_EXPORTER, options);
  const common = { url: endpoint.href, metadata };
  const spans = new peers.traceExporter.OTLPTraceExporter({ ...common, timeoutMillis: settings.spans.timeoutMs });
  const records = new peers.logExporter.OTLPLogExporter({ ...common, timeoutMillis: settings.logs.timeoutMs });
  const queueFor = <T>(
    what: string,
    exporter: Exporter<T>,
    { queueSize, delayMs }: SignalSettings,
    sizeOf: (item: T) => number,
  ): ExportQueue<T> =>
    new ExportQueue<T>({
      clock,
      what,
      maxItems: queueSize,
      sizeOf,
      delayMs,
      send: (items) => sendBy(exporter, items),
      onTrouble: trouble,
      onSent: (count) => debug(`${what} exported: ${count}`),
    });
  const spanQueue = queueFor<ReadableSpan>('spans', spans, settings.spans, () => ITEM_BYTES);
  const recordQueue = queueFor<ReadableLogRecord>(
    'log records',
    records,
    settings.logs,
    ({ body }) => ITEM_BYTES + (typeof body === 'string' ? 2 * body.length : 0),
  );
  const processor = { forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() };
  const tracers = new peers.traceSdk.TracerProvider({
    resource,
    sampler: new peers.traceSdk.ParentBasedSampler({ root: new peers.traceSdk.AlwaysOnSampler() }),
    spanLimits: LIMITS,
    spanProcessors: [{ ...processor, onStart: () => undefined, onEnd: (span) => spanQueue.add(span) }],
  });
  const loggers = new peers.logSdk.LoggerProvider({
    resource,
    logRecordLimits: LIMITS,
    processors: [{ ...processor, onEmit: (record) => recordQueue.add(record) }],
  });
  return {
    tracing: tracingWith(tracers.getTracer(SCOPE, version)),
    log: logSink(loggers, SCOPE, version),
    close: async () => {
      const patience = new AbortController();
      const flushed = Promise.all([spanQueue.flush(), recordQueue.flush()]).then(() => patience.abort());
      const isDelivered = await delay(clock, connectionTimeoutMs, patience.signal).then(
        () => false,
        () => flushed.then(() => true),
      );
      if (!isDelivered) trouble(`what was left could not be exported within ${connectionTimeoutMs} ms`);
      const ended = Promise.all([spans.shutdown(), records.shutdown()]);
      if (isDelivered) await ended;
      // It waits for what was given up, and may tell again why that failed.
      else ended.catch(() => undefined);
      debug(isDelivered ? 'everything was exported' : 'given up');
      return isDelivered;
    },
  };
}

function sendBy<T>(exporter: Exporter<T>, items: readonly T[]): Promise<void> {
  return new Promise((resolve, reject) => {
    exporter.export([...items], ({ code, error }) => {
      if (code === 0) resolve();
      else reject(error ?? new Error('the exporter does not say why'));
    });
  });
}

function troubleOutput({ settings, toConsole }: StartOptions): (what: string) => void {
  switch (settings.trouble) {
    case 'console':
      return (what) => toConsole(`telemetry: ${what}`);
    case 'logfile': {
      const log = getLogger([...OWN_CATEGORY]);
      return (what) => log.warn('{what}', { what });
    }
    default:
      return () => undefined;
  }
}
