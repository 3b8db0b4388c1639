import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CodedError } from '../../kernel/index.ts';
import { NodeError } from '../errors.ts';
import { activeSpan } from '../telemetry/index.ts';
import { engineSettings } from './engine-settings.ts';
import type { ChildReport, ReportedError } from './child.ts';

/** Specification (`commands.md` §7.1): how long a process may take to be ready, milliseconds. */
const READY_MS = 180_000;
/** Ours: how long a process that said why it cannot start may take to end, milliseconds. */
const LINGER_MS = 5_000;
/** What is shown of the last words of a process. */
const LAST_WORDS = 4096;

/** Ours: the file that is in the directory of a process as long as it is being started. */
const STARTING = 'starting';

/** Whether the process of this directory is being started, by any command. @param nowMs since 1970. */
export function isBeingStarted(directory: string, nowMs: number): boolean {
  const marker = statSync(path.join(directory, STARTING), { throwIfNoEntry: false });
  // Whoever is killed while it starts something leaves the file behind.
  return marker !== undefined && nowMs - marker.mtimeMs < READY_MS;
}

/** A process to start. */
export interface LaunchOptions {
  /** The script to run and its arguments. */
  readonly command: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Where what it writes to its standard streams goes, `stderr.log`; made if it is not there. */
  readonly directory: string;
  /** What it is called in errors. */
  readonly name: string;
  readonly signal: AbortSignal;
  /** It keeps its connection to this process, by whose end it notices that this one is gone. Default false. */
  readonly tied?: boolean | undefined;
}

/**
 * Starts a process that outlives this one, and waits until it says that it is ready. It gets no stream of ours: who reads
 * our output must not wait for its end.
 * @throws {NodeError} NODE_START_FAILED with what it reported, or its last words; the reason of the signal, and it is ended
 */
export async function launch({
  command,
  environment,
  directory,
  name,
  signal,
  tied = false,
}: LaunchOptions): Promise<void> {
  signal.throwIfAborted();
  const errors = path.join(directory, 'stderr.log');
  const stream = openStream(errors, name);
  const marker = path.join(directory, STARTING);
  writeFileSync(marker, '', { mode: 0o600 });
  const { traceparent } = activeSpan() ?? {};
  const engine = engineSettings();
  const child = spawn(process.execPath, [...engine.flags, ...command], {
    env: { ...engine.environment, ...environment, ...(traceparent !== undefined && { TRACEPARENT: traceparent }) },
    detached: true,
    stdio: ['ignore', stream, stream, 'ipc'],
  });
  closeSync(stream);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const give = (reason: unknown): void => {
    child.kill('SIGTERM');
    reject(reason);
  };
  const timer = setTimeout(
    () => give(new NodeError('NODE_START_FAILED', `${name} was not ready within ${READY_MS / 1000} s`)),
    READY_MS,
  );
  const onAbort = (): void => give(signal.reason);
  /** What it said that keeps it from starting. It may still be using its files, so that is told when it has ended. */
  let failure: NodeError | undefined;
  let lingering: NodeJS.Timeout | undefined;
  signal.addEventListener('abort', onAbort, { once: true });
  child.on('message', (report: ChildReport) => {
    if (report.kind === 'ready') resolve();
    else {
      failure = new NodeError('NODE_START_FAILED', `${name} did not start`, { cause: rebuilt(report.causes) });
      lingering = setTimeout(() => child.kill('SIGKILL'), LINGER_MS);
    }
  });
  child.on('error', (cause) => reject(new NodeError('NODE_START_FAILED', `${name} cannot be started`, { cause })));
  child.on('exit', (code, killed) => {
    if (failure !== undefined) return reject(failure);
    const words = lastWords(errors);
    reject(
      new NodeError('NODE_START_FAILED', `${name} ended while it started, with ${killed ?? `exit code ${code}`}`, {
        cause: words === '' ? undefined : new Error(words),
      }),
    );
  });
  try {
    await promise;
  } finally {
    rmSync(marker, { force: true });
    clearTimeout(timer);
    clearTimeout(lingering);
    signal.removeEventListener('abort', onAbort);
    child.removeAllListeners();
    child.on('error', () => undefined);
    if (tied) child.channel?.unref();
    else if (child.connected) child.disconnect();
    child.unref();
  }
}

/** @throws {NodeError} NODE_START_FAILED */
function openStream(file: string, name: string): number {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    return openSync(file, 'w', 0o600);
  } catch (cause) {
    throw new NodeError('NODE_START_FAILED', `${name} has no place for what it writes`, {
      cause,
      remedy: 'check the owner and the permissions of that folder and of those above it, and the room on its disk',
    });
  }
}

function rebuilt(causes: readonly ReportedError[]): Error | undefined {
  return causes.reduceRight<Error | undefined>(
    (cause, { message, code, remedy }) =>
      code === undefined ? new Error(message, { cause }) : new CodedError(code, message, { cause, remedy }),
    undefined,
  );
}

function lastWords(file: string): string {
  const text = readFileSync(file, 'utf8').trim();
  return text.length > LAST_WORDS ? `…${text.slice(-LAST_WORDS)}` : text;
}
