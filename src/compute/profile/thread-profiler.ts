/**
 * Profiles threads of this process from outside, through the inspector of the main thread: nothing of it is in the threads, and
 * no port is opened. The engine samples; code runs as fast as before, but for the samples.
 */
import { Session } from 'node:inspector/promises';
import { type Clock, delay } from '../../kernel/index.ts';
import type { CpuProfile } from './cpu-profile.ts';
import { ProfileError } from './errors.ts';

/** Ours: pieces in which a profile is taken, so that none is large; how long a thread may take to answer; milliseconds. */
const PIECE_MS = 1_000;
const ANSWER_MS = 5_000;
/** Ours: the shortest time between samples, microseconds, and how many samples all threads together take. */
const LEAST_INTERVAL_US = 500;
const MAX_SAMPLES = 400_000;

/** How Node calls a worker: `[worker 3] name`. */
const TITLE = /^\[worker (\d+)\]/;

/** What is profiled, and where it goes. */
export interface ThreadProfilerOptions {
  readonly clock: Clock;
  readonly durationMs: number;
  /** Ids of the threads as of now; asked for each piece, since threads come and go. */
  readonly threads: () => readonly number[];
  readonly onPiece: (thread: number, piece: CpuProfile) => void;
  readonly signal?: AbortSignal | undefined;
}

interface Answer {
  readonly id?: number;
  readonly result?: { readonly profile?: CpuProfile };
  readonly error?: { readonly message: string };
}

/** One at a time: the inspector of a process has one sampler a thread. */
let isBusy = false;

/**
 * Profiles for so long. A thread that ends meanwhile, or does not answer, is missing from then on.
 * @throws {ProfileError} PROFILE_BUSY, PROFILE_FAILED when no thread answered · what `signal` is aborted with
 */
export async function profileThreads(options: ThreadProfilerOptions): Promise<void> {
  if (isBusy) throw new ProfileError('PROFILE_BUSY', 'another profile of this process is being taken');
  isBusy = true;
  const session = new Session();
  session.connect();
  try {
    await run(new Threads(session, options.clock), options);
  } finally {
    isBusy = false;
    session.disconnect();
  }
}

async function run(threads: Threads, options: ThreadProfilerOptions): Promise<void> {
  const { clock, durationMs, onPiece, signal } = options;
  await threads.attach();
  const endsAt = clock.monotonicMs() + durationMs;
  let isEmpty = true;
  for (let left = durationMs; left > 0; left = endsAt - clock.monotonicMs()) {
    const ids = options.threads();
    const interval = Math.max(
      LEAST_INTERVAL_US,
      Math.ceil((durationMs * 1000 * Math.max(1, ids.length)) / MAX_SAMPLES),
    );
    const started = await Promise.all(ids.map((id) => threads.start(id, interval)));
    const running = ids.filter((_, i) => started[i] === true);
    try {
      await delay(clock, Math.min(PIECE_MS, left), signal);
    } finally {
      const pieces = await Promise.all(running.map((id) => threads.stop(id)));
      for (const [i, piece] of pieces.entries()) {
        if (piece === undefined) continue;
        isEmpty = false;
        onPiece(running[i] as number, piece);
      }
    }
  }
  if (isEmpty) throw new ProfileError('PROFILE_FAILED', 'no thread of functions could be profiled');
}

/** The threads of this process as the inspector sees them. */
class Threads {
  readonly #session: Session;
  readonly #clock: Clock;
  /** Inspector's session by thread. */
  readonly #sessions = new Map<number, string>();
  readonly #answers = new Map<number, (answer: Answer | undefined) => void>();
  #nextMessage = 1;

  constructor(session: Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    session.on('NodeWorker.attachedToWorker', ({ params }) => {
      // The inspector numbers workers in an order of its own; the number of the thread is in the title.
      const thread = TITLE.exec(params.workerInfo.title)?.[1];
      if (thread !== undefined) this.#sessions.set(Number(thread), params.sessionId);
    });
    session.on('NodeWorker.detachedFromWorker', ({ params }) => {
      for (const [thread, id] of this.#sessions) if (id === params.sessionId) this.#sessions.delete(thread);
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }) => {
      const answer = JSON.parse(params.message) as Answer;
      if (answer.id !== undefined) this.#answers.get(answer.id)?.(answer);
    });
  }

  async attach(): Promise<void> {
    await this.#session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  }

  /** Whether the thread is being profiled now. */
  async start(thread: number, interval: number): Promise<boolean> {
    for (const [method, params] of [
      ['Profiler.enable', {}],
      ['Profiler.setSamplingInterval', { interval }],
      ['Profiler.start', {}],
    ] as const) {
      const answer = await this.#ask(thread, method, params);
      if (answer === undefined || answer.error !== undefined) return false;
    }
    return true;
  }

  async stop(thread: number): Promise<CpuProfile | undefined> {
    const answer = await this.#ask(thread, 'Profiler.stop', {});
    await this.#ask(thread, 'Profiler.disable', {});
    return answer?.result?.profile;
  }

  /** Undefined when there is no such thread, or it did not answer in time. */
  async #ask(thread: number, method: string, params: object): Promise<Answer | undefined> {
    const sessionId = this.#sessions.get(thread);
    if (sessionId === undefined) return undefined;
    const id = this.#nextMessage++;
    const answered = Promise.withResolvers<Answer | undefined>();
    this.#answers.set(id, answered.resolve);
    const cancel = this.#clock.schedule(ANSWER_MS, () => answered.resolve(undefined));
    try {
      const message = JSON.stringify({ id, method, params });
      await this.#session.post('NodeWorker.sendMessageToWorker', { sessionId, message });
      return await answered.promise;
    } catch {
      // The thread has ended: the inspector knows its session no more.
      return undefined;
    } finally {
      cancel();
      this.#answers.delete(id);
    }
  }
}
