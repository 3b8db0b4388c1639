import type { Clock } from '../../kernel/index.ts';
import { dialHost, parseHostnamePort } from '../../network/routing/index.ts';
import type { Collect } from './metric.ts';
import { listenForScrapes } from './metrics-server.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { wantsTelemetry } from './telemetry-environment.ts';

/** What a process publishes, and how. */
export interface PublishOptions {
  /** `host:port` for scrapes, port 0 for a free one; undefined for none. */
  readonly address: string | undefined;
  /** Says whether and where metrics are exported (`OTEL_…`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What kind of process: `perigee-gateway`, `perigee-sat`. */
  readonly service: string;
  /** Its name. */
  readonly instance: string;
  /** Name and version of the program. */
  readonly software: string;
  readonly clock: Clock;
  /** Everything but the process itself. */
  readonly collect: Collect;
  /** Told, in one line, of what does not work. */
  readonly onTrouble: (what: string) => void;
}

/** Metrics that are being published. */
export interface PublishedMetrics {
  /** Where they are scraped; undefined when they are not. */
  readonly url: string | undefined;
  /** `host:port` of that. */
  readonly address: string | undefined;
  readonly close: () => Promise<void>;
}

/**
 * Publishes metrics for as long as the process wants: nothing at all unless an address is given or the environment names a
 * collector.
 * @throws {NodeError} NODE_LISTEN, NODE_TELEMETRY
 */
export async function publishMetrics(options: PublishOptions): Promise<PublishedMetrics> {
  const { address, environment, clock, onTrouble } = options;
  const isExported = wantsTelemetry(environment);
  if (address === undefined && !isExported) return { url: undefined, address: undefined, close: async () => {} };
  await using open = new AsyncDisposableStack();
  const process = open.use(new ProcessMetrics(clock));
  const collect: Collect = () => [...process.metrics(), ...options.collect()];
  // A good part of the program, for those who use it.
  const telemetry = isExported
    ? await (await import('./telemetry.ts')).startTelemetry({ ...options, version: options.software, collect })
    : undefined;
  if (telemetry !== undefined) open.defer(telemetry.close);
  const server = address === undefined ? undefined : await listenAt(address, collect, onTrouble);
  if (server !== undefined) open.defer(server.close);
  const published = open.move();
  return { url: server?.url, address: server?.address, close: () => published.disposeAsync() };
}

function listenAt(address: string, collect: Collect, onTrouble: PublishOptions['onTrouble']) {
  const place = parseHostnamePort(address);
  return listenForScrapes({
    host: dialHost(place),
    port: place.port,
    collect,
    onError: (error) => onTrouble(`the metrics could not be collected: ${String(error)}`),
  });
}
