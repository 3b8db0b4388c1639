import type { LogRecord } from '@logtape/logtape';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import type { LoggerProvider } from '@opentelemetry/sdk-logs';
import { recordText } from '../logging/index.ts';
import { activeSpan } from './active.ts';
import { contextOf } from './spans.ts';

/** Specification (OpenTelemetry, severity numbers). */
const SEVERITY = { trace: 1, debug: 5, info: 9, warning: 13, error: 17, fatal: 21 } as const satisfies Record<
  LogRecord['level'],
  number
>;

/** Ours: characters of a record; 512 of them have to go into one message of gRPC, 4 MiB unless the collector says otherwise. */
const MAX_BODY = 4096;

/** What of the exporter itself goes to the log must not be exported: it would never end. */
export const OWN_CATEGORY: readonly string[] = ['perigee', 'telemetry'];

/** Takes log records to export: the words that the log file has, whose they are, and the span they belong to. */
export function logSink(provider: LoggerProvider, scope: string, version: string): (record: LogRecord) => void {
  const logger = provider.getLogger(scope, version);
  return (record) => {
    const { category, level, timestamp } = record;
    if (OWN_CATEGORY.every((word, at) => category[at] === word)) return;
    const parent = activeSpan()?.traceparent;
    const text = recordText(record);
    logger.emit({
      timestamp,
      ...severityOf(level),
      severityText: level === 'warning' ? 'WARN' : level.toUpperCase(),
      body: text.length > MAX_BODY ? `${text.slice(0, MAX_BODY)}…` : text,
      attributes: { 'perigee.target': category.slice(1).join('.') },
      context: parent === undefined ? ROOT_CONTEXT : contextOf(parent, false),
    });
  };
}

/** The type is an enum of a package that is not ours to depend on. */
function severityOf(level: LogRecord['level']): object {
  return { severityNumber: SEVERITY[level] };
}
