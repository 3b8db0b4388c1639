import { configureSync, type LogRecord, resetSync } from '@logtape/logtape';

/** Specification (`commands.md` §2.1): words of `PERIGEE_LOG_LEVEL`. */
export type LogLevelName = 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Ours: a longer line is cut. */
const MAX_LINE = 16 * 1024;
const LEVELS = { error: 'error', warn: 'warning', info: 'info', debug: 'debug', trace: 'trace' } as const;

/** Where records of this process go, and which. */
export interface LogSetup {
  readonly level: LogLevelName;
  readonly format: 'default' | 'pretty' | 'json';
  /** Whose records: the first word of the category behind `perigee`. Everybody's unless given. */
  readonly parts?: readonly string[] | undefined;
  /** Takes one line. */
  readonly write: (line: string) => void;
}

/** From now on what the rooms of this process say goes to `write`. */
export function setUpLogging({ level, format, parts, write }: LogSetup): void {
  resetSync();
  const line = format === 'json' ? jsonLine : textLine;
  configureSync({
    sinks: { out: (record) => write(line(record)) },
    loggers: [
      ...(parts ?? [undefined]).map((part) => ({
        category: part === undefined ? 'perigee' : ['perigee', part],
        lowestLevel: LEVELS[level],
        sinks: ['out' as const],
      })),
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['out'] },
    ],
  });
}

function textLine(record: LogRecord): string {
  const level = record.level === 'warning' ? 'WARN' : record.level.toUpperCase();
  const who = record.category.slice(1).join('.');
  const message = record.message.map((part, i) => (i % 2 === 0 ? String(part) : String(shown(part)))).join('');
  return cut(`${new Date(record.timestamp).toISOString()} ${level.padEnd(5)} ${who}: ${message}`);
}

function jsonLine(record: LogRecord): string {
  const { timestamp, level, category, message, properties } = record;
  const fields = Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, shown(value)]));
  return cut(
    JSON.stringify({
      timestamp: new Date(timestamp).toISOString(),
      level: level === 'warning' ? 'warn' : level,
      target: category.slice(1).join('.'),
      message: message.join(''),
      ...fields,
    }),
  );
}

function shown(value: unknown): unknown {
  if (value instanceof Error)
    return (value as { code?: string }).code === undefined
      ? value.message
      : `${(value as { code?: string }).code}: ${value.message}`;
  return typeof value === 'bigint' ? String(value) : value;
}

/** What others said must not forge a line or move a terminal's cursor. */
function cut(line: string): string {
  const safe = line.replaceAll(/\p{Cc}/gu, ' ');
  return safe.length > MAX_LINE ? `${safe.slice(0, MAX_LINE)}…` : safe;
}
