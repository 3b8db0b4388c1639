import type { Row } from '../../storage/database/index.ts';
import type { ProcessId } from '../process-table/index.ts';

/** Columns by which the process of a row is known again. */
export const PROCESS_COLUMNS = 'pid, process_started_at';

/** The recorded process, whether it still runs or not. */
export function processOf(row: Row): ProcessId | undefined {
  const pid = row.optionalInteger('pid');
  return pid === undefined ? undefined : { pid, startedAt: row.optionalText('process_started_at') ?? '' };
}
