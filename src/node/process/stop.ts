import { delay } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { type ProcessId, processState } from '../process-table/index.ts';
import { systemClock } from '../system/index.ts';

/** Specification (`commands.md` §7.3). */
const POLL_MS = 100;
/** Ours: longer than the drain of a gateway or a Sat takes, milliseconds. */
const PATIENCE_MS = 12_000;
const KILL_PATIENCE_MS = 5_000;

/**
 * Ends a process: asks, waits, and in the end forces it. One that is gone already counts as ended.
 * @param onForce told before it is forced.
 * @throws {NodeError} NODE_STOP_FAILED
 */
export async function stopProcess(id: ProcessId, name: string, onForce: () => void): Promise<void> {
  if (id.pid === process.pid) throw new NodeError('NODE_STOP_FAILED', `${name} is this process`);
  if (await ended(id, 'SIGTERM', PATIENCE_MS)) return;
  onForce();
  if (await ended(id, 'SIGKILL', KILL_PATIENCE_MS)) return;
  throw new NodeError('NODE_STOP_FAILED', `the process ${id.pid} of ${name} does not end`);
}

/** Nobody but its parent is told when a process ends; others have to look. */
async function ended(id: ProcessId, signal: 'SIGTERM' | 'SIGKILL', patienceMs: number): Promise<boolean> {
  if (processState(id) !== 'running') return true;
  try {
    process.kill(id.pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ESRCH') return true;
    throw new NodeError('NODE_STOP_FAILED', `the process ${id.pid} cannot be signalled`, { cause });
  }
  for (let waitedMs = 0, pauseMs = 5; waitedMs < patienceMs; waitedMs += pauseMs) {
    pauseMs = Math.min(POLL_MS, pauseMs * 2);
    await sleep(pauseMs);
    if (processState(id) !== 'running') return true;
  }
  return false;
}

/** Keeps the process alive, as the clock's timers do not. */
async function sleep(ms: number): Promise<void> {
  const alive = setInterval(() => undefined, ms);
  try {
    await delay(systemClock, ms);
  } finally {
    clearInterval(alive);
  }
}
