import type { LogRecord } from '@logtape/logtape';
import type { Tracing } from '../../kernel/index.ts';

/** Traces and logs that are exported. */
export interface TelemetryExport {
  /** Undefined when nothing is exported. */
  readonly tracing: Tracing | undefined;
  /** Takes what is logged. Undefined when nothing is exported. */
  readonly log: ((record: LogRecord) => void) | undefined;
  /**
   * Exports what is left and ends. It takes no longer than the connection timeout.
   * @returns false when something was given up that may keep the process from ending by itself
   */
  readonly close: () => Promise<boolean>;
}
