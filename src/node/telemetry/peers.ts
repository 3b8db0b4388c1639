import { createRequire } from 'node:module';
import type * as LogExporter from '@opentelemetry/exporter-logs-otlp-grpc';
import type * as TraceExporter from '@opentelemetry/exporter-trace-otlp-grpc';
import type * as LogSdk from '@opentelemetry/sdk-logs';
import type * as TraceSdk from '@opentelemetry/sdk-trace';
import { NodeError } from '../errors.ts';

const TRACE_SDK = '@opentelemetry/sdk-trace';
const LOG_SDK = '@opentelemetry/sdk-logs';
const LOG_EXPORTER = '@opentelemetry/exporter-logs-otlp-grpc';
/** From where the others of the SDK's own dependencies are found. */
export const TRACE_EXPORTER = '@opentelemetry/exporter-trace-otlp-grpc';

/** What the exporters take as headers. */
type Metadata = NonNullable<NonNullable<ConstructorParameters<typeof TraceExporter.OTLPTraceExporter>[0]>['metadata']>;

/** The parts of OpenTelemetry that are installed only by those who export. */
export interface Peers {
  readonly traceSdk: typeof TraceSdk;
  readonly traceExporter: typeof TraceExporter;
  readonly logSdk: typeof LogSdk;
  readonly logExporter: typeof LogExporter;
}

/** Loads them. @param load loads a package by its name. @throws {NodeError} NODE_TELEMETRY */
export async function loadPeers(load: (name: string) => Promise<unknown>): Promise<Peers> {
  const names = [TRACE_SDK, TRACE_EXPORTER, LOG_SDK, LOG_EXPORTER] as const;
  try {
    const [traceSdk, traceExporter, logSdk, logExporter] = await Promise.all(names.map(load));
    return { traceSdk, traceExporter, logSdk, logExporter } as Peers;
  } catch (cause) {
    throw new NodeError(
      'NODE_TELEMETRY',
      'traces and logs are to go to an OpenTelemetry collector, whose SDK cannot be loaded',
      {
        cause,
        remedy: `install it beside perigee: npm install ${names.join(' ')}; or unset PERIGEE_OPENTELEMETRY_EXPORT`,
      },
    );
  }
}

/** `headers` in the form that the exporters take. */
export function metadataOf(headers: ReadonlyMap<string, string>): Metadata {
  const require = createRequire(createRequire(import.meta.url).resolve(TRACE_EXPORTER));
  const { createEmptyMetadata } = require('@opentelemetry/otlp-grpc-exporter-base') as {
    createEmptyMetadata: () => Metadata;
  };
  const metadata = createEmptyMetadata();
  for (const [name, value] of headers) metadata.set(name, value);
  return metadata;
}
