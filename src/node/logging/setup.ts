import { configureSync, type LogRecord, resetSync } from '@logtape/logtape';
import { WarningLimit } from './warning-limit.ts';

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
  /** Takes each record as well; see {@link recordText}. */
  readonly alsoTo?: ((record: LogRecord) => void) | undefined;
}

/** From now on what the rooms of this process say goes to `write`, warnings of one kind up to 100 in 10 s. */
export function setUpLogging({ level, format, parts, write, alsoTo }: LogSetup): void {
  resetSync();
  const line = format === 'json' ? jsonLine : textLine;
  const limit = new WarningLimit();
  const record = (said: LogRecord): void => {
    const admitted = limit.admit(said);
    if (admitted === undefined) return;
    write(line(admitted));
    alsoTo?.(admitted);
  };
  configureSync({
    sinks: { record, meta: (said) => write(line(said)) },
    loggers: [
      ...(parts ?? [undefined]).map((part) => ({
        category: part === undefined ? 'perigee' : ['perigee', part],
        lowestLevel: LEVELS[level],
        sinks: ['record' as const],
      })),
      { category: ['logtape', 'meta'], lowestLevel: 'warning', sinks: ['meta'] },
    ],
  });
}

function textLine(record: LogRecord): string {
  const level = record.level === 'warning' ? 'WARN' : record.level.toUpperCase();
  const who = record.category.slice(1).join('.');
  return cut(`${new Date(record.timestamp).toISOString()} ${level.padEnd(5)} ${who}: ${wordsOf(record)}`);
}

/** What a record says, in the words and within the bounds of a line of the log. */
export function recordText(record: LogRecord): string {
  return cut(wordsOf(record));
}

function wordsOf({ message }: LogRecord): string {
  return message.map((part, i) => (i % 2 === 0 ? String(part) : String(shown(part)))).join('');
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
