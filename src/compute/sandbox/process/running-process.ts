/** A process that runs, what is expected of it, and how it is talked to. What it is for is known to {@link SandboxProcess} alone. */
import type { ChildProcess } from 'node:child_process';
import { getLogger } from '@logtape/logtape';
import type { Clock } from '../../../kernel/index.ts';
import { createLogBudget, DEFAULT_LOG_LIMITS, escapeGuestText } from '../../capability/index.ts';
import type { CpuProfile } from '../../profile/index.ts';
import type { LoadOptions } from '../compile/index.ts';
import type { LoadedFunction } from '../contract.ts';
import { spawnSandbox } from './child.ts';
import { encodeFrame, FrameReader } from './frames.ts';
import { checkMessage, type FromProcess, type ToProcess } from './messages.ts';
import type { ProcessMemory, WatchedProcess } from './process-memory.ts';

const logger = getLogger(['perigee', 'compute', 'sandbox']);

/** A module and what it takes to load it into a process, again and again. */
export interface Held extends LoadedFunction {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly options: LoadOptions;
}

/** A running process. */
export interface RunningProcess {
  readonly child: ChildProcess;
  /** Settled by its owner: when it takes modules, or is lost before. */
  readonly opened: PromiseWithResolvers<void>;
  readonly loads: Map<number, PromiseWithResolvers<void>>;
  readonly profiles: Map<number, PromiseWithResolvers<CpuProfile>>;
  /** What of the memory of all processes it has. */
  readonly watched: WatchedProcess;
  readonly unwatch: () => void;
  /** Bytes that may wait for it to read them. */
  readonly maxPending: number;
}

/** A process to start. */
export interface ProcessStart {
  readonly clock: Clock;
  readonly memory: ProcessMemory;
  /** How many calls are in it. */
  readonly calls: () => number;
  /** Bytes of the largest message from it. */
  readonly maxFrame: number;
  readonly maxPending: number;
  /** Told of each message; when it throws, the process is ended. */
  readonly onMessage: (running: RunningProcess, message: FromProcess) => void;
  /** Told when it has ended, whoever ended it; sometimes twice. */
  readonly onLost: (running: RunningProcess, reason: string) => void;
}

/** Starts one; what it says is not believed, and what it does not read does not pile up. */
export function startProcess({
  clock,
  memory,
  calls,
  maxFrame,
  maxPending,
  onMessage,
  onLost,
}: ProcessStart): RunningProcess {
  const child = spawnSandbox();
  const watched: WatchedProcess = {
    pid: child.pid ?? 0,
    calls,
    end: (bytes) => {
      logger.error('a sandbox process holds {bytes} bytes of memory, too much for this machine, and is ended', {
        bytes,
      });
      child.kill('SIGKILL');
    },
  };
  const running: RunningProcess = {
    child,
    opened: Promise.withResolvers(),
    loads: new Map(),
    profiles: new Map(),
    watched,
    unwatch: memory.add(watched),
    maxPending,
  };
  // Whoever waits for it learns of the rejection; nobody may.
  running.opened.promise.catch(toldElsewhere);
  const reader = new FrameReader(maxFrame);
  child.stdout?.on('data', (piece: Buffer) => {
    try {
      for (const value of reader.push(piece)) onMessage(running, checkMessage(value));
    } catch (error) {
      logger.error('a sandbox process misbehaves and is ended: {reason}', { reason: String(error) });
      child.kill('SIGKILL');
    }
  });
  const budget = createLogBudget(clock, DEFAULT_LOG_LIMITS);
  // What broke out of a guest may write there as well.
  child.stderr?.on('data', (said: Buffer) => {
    const dropped = budget.take();
    if (dropped === undefined) return;
    const text = escapeGuestText(String(said).trim(), DEFAULT_LOG_LIMITS.maxLineLength);
    logger.warn('sandbox process: {text}', { text, dropped });
  });
  // A broken pipe is the end of the process, which is told by `close`.
  child.stdin?.on('error', toldElsewhere);
  child.on('error', (error) => onLost(running, String(error)));
  child.on('close', (code, signal) => onLost(running, `it ended with ${signal ?? code}`));
  return running;
}

/** Has it load a module; rejects when it refuses or is lost. */
export function loadInto(running: RunningProcess, { id, bytes, options }: Held): Promise<void> {
  const loading = Promise.withResolvers<void>();
  running.loads.set(id, loading);
  send(running, { kind: 'load', id, bytes, options });
  return loading.promise;
}

/** Tells it something; one that does not read is ended. */
export function send({ child, maxPending }: RunningProcess, message: ToProcess): void {
  if ((child.stdin?.writableLength ?? 0) > maxPending && !child.killed) {
    logger.error('a sandbox process does not read what it is told, and is ended');
    child.kill('SIGKILL');
  }
  if (!child.killed) child.stdin?.write(encodeFrame(message));
}

/** What to do with a rejection that is told elsewhere: by the end of the process, to each of its calls. */
export function toldElsewhere(): undefined {
  return undefined;
}
