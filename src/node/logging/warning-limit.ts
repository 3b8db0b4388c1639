import type { LogRecord } from '@logtape/logtape';

/** Ours: so many warnings of one kind are written in a period of so many milliseconds. */
const MAX_WARNINGS = 100;
const PERIOD_MS = 10_000;
/** Kinds are constants of the source; this bounds them even if one were not. */
const MAX_KINDS = 1024;

interface Period {
  readonly startMs: number;
  warnings: number;
}

/**
 * Keeps warnings of one kind from filling the log: most are about what a peer did, and a hostile one can do it a hundred thousand
 * times a second, so that the files turn over and what was there before is gone.
 */
export class WarningLimit {
  readonly #periods = new Map<string, Period>();

  /** What is to be written for `record`: itself, a word that more of its kind are left out, or nothing. */
  admit(record: LogRecord): LogRecord | undefined {
    if (record.level !== 'warning') return record;
    const kind = `${record.category.join('.')} ${String(record.rawMessage)}`;
    let period = this.#periods.get(kind);
    if (period === undefined || record.timestamp < period.startMs || record.timestamp >= period.startMs + PERIOD_MS) {
      if (period === undefined && this.#periods.size >= MAX_KINDS) this.#periods.clear();
      period = { startMs: record.timestamp, warnings: 0 };
      this.#periods.set(kind, period);
    }
    period.warnings++;
    if (period.warnings <= MAX_WARNINGS) return record;
    if (period.warnings > MAX_WARNINGS + 1) return undefined;
    const endMs = period.startMs + PERIOD_MS;
    const text = `there are too many of these, and until ${new Date(endMs).toISOString()} no more are written: ${String(record.rawMessage)}`;
    return { ...record, message: [text], rawMessage: text, properties: {} };
  }
}
