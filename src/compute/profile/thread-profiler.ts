/**
 * Profiles threads of this process from outside: nothing of it is in the threads, there is no inspector and no port. The engine
 * samples; code runs as fast as before, but for the samples.
 */
import type { Worker } from 'node:worker_threads';
import { type Clock, delay } from '../../kernel/index.ts';
import type { CallFrame, CpuProfile, ProfileNode } from './cpu-profile.ts';
import { ProfileError } from './errors.ts';

/** Ours: pieces in which a profile is taken, so that none is large; how long a thread may take to answer; milliseconds. */
const PIECE_MS = 1_000;
const ANSWER_MS = 5_000;
/** Ours: the time between samples is a whole number of milliseconds to the engine; how many samples all threads together take. */
const LEAST_INTERVAL_MS = 1;
const MAX_SAMPLES = 400_000;

/** A thread that can be profiled. */
export type ProfiledThread = Pick<Worker, 'threadId' | 'startCpuProfile'>;

/** What is profiled, and where it goes. */
export interface ThreadProfilerOptions {
  readonly clock: Clock;
  readonly durationMs: number;
  /** The threads as of now; asked for each piece, since threads come and go. */
  readonly threads: () => readonly ProfiledThread[];
  /** `thread` is its number in this process. */
  readonly onPiece: (thread: number, piece: CpuProfile) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A thread that is being profiled. */
interface Profiling {
  readonly thread: number;
  /** What the engine wrote down. */
  readonly stop: () => Promise<string>;
}

/** One at a time: what they cost would add up. */
let isBusy = false;

/**
 * Profiles for so long. A thread that ends meanwhile, or does not answer, is missing from then on.
 * @throws {ProfileError} PROFILE_BUSY, PROFILE_FAILED when no thread answered · what `signal` is aborted with
 */
export async function profileThreads(options: ThreadProfilerOptions): Promise<void> {
  if (isBusy) throw new ProfileError('PROFILE_BUSY', 'another profile of this process is being taken');
  isBusy = true;
  try {
    await run(options);
  } finally {
    isBusy = false;
  }
}

async function run(options: ThreadProfilerOptions): Promise<void> {
  const { clock, durationMs, onPiece, signal } = options;
  const endsAt = clock.monotonicMs() + durationMs;
  let isEmpty = true;
  for (let left = durationMs; left > 0; left = endsAt - clock.monotonicMs()) {
    const threads = options.threads();
    const interval = Math.max(LEAST_INTERVAL_MS, Math.ceil((durationMs * threads.length) / MAX_SAMPLES));
    const started = await Promise.all(threads.map((thread) => start(thread, interval, clock)));
    const running = started.filter((profiling) => profiling !== undefined);
    try {
      await delay(clock, Math.min(PIECE_MS, left), signal);
    } finally {
      const pieces = await Promise.all(running.map(({ stop }) => answered(stop(), clock)));
      for (const [i, piece] of pieces.entries()) {
        if (piece === undefined) continue;
        isEmpty = false;
        onPiece(running[i]?.thread ?? 0, readPiece(piece));
      }
    }
  }
  if (isEmpty) throw new ProfileError('PROFILE_FAILED', 'no thread of functions could be profiled');
}

/** Undefined when the thread has ended, or does not answer; what it begins later than that is stopped at once. */
async function start(thread: ProfiledThread, interval: number, clock: Clock): Promise<Profiling | undefined> {
  const { threadId } = thread;
  const starting = thread.startCpuProfile({ sampleInterval: interval, maxBufferSize: MAX_SAMPLES });
  const handle = await answered(starting, clock);
  if (handle !== undefined) return { thread: threadId, stop: () => handle.stop() };
  void starting.then((late) => late.stop()).catch(ended);
  return undefined;
}

/** What `answer` resolves to; undefined when its thread has ended, or does not answer in time. */
async function answered<T>(answer: Promise<T>, clock: Clock): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.schedule(ANSWER_MS, () => late.resolve(undefined));
  try {
    return await Promise.race([answer.catch(ended), late.promise]);
  } finally {
    cancel();
  }
}

/** The only reason for which the engine does not answer: a thread that ends is missing, and nothing more. */
function ended(): undefined {
  return undefined;
}

/** A node as the engine writes it. */
interface WrittenNode extends Omit<ProfileNode, 'callFrame'> {
  readonly callFrame: Omit<CallFrame, 'scriptId'> & { readonly scriptId: number | string };
}

/** The engine writes numbers of scripts as such; the form has texts. */
function readPiece(text: string): CpuProfile {
  const piece = JSON.parse(text) as Omit<CpuProfile, 'nodes'> & { readonly nodes: readonly WrittenNode[] };
  const nodes = piece.nodes.map(({ callFrame, ...node }) => ({
    ...node,
    callFrame: { ...callFrame, scriptId: String(callFrame.scriptId) },
  }));
  return { ...piece, nodes };
}
