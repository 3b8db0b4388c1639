import { delay } from '../../kernel/index.ts';
import { denyAll, randomAddress, type Route, type Router } from '../routing/index.ts';
import { attempt } from './attempt.ts';
import { watchPath } from './watch.ts';

/** Specification (`portal.md` §8): how long one attempt may take, and the least from the start of one to the next. */
const ATTEMPT_MS = 30_000;
const RETRY_MS = 5_000;
/** Ours: up to so much is added, so that the many clients of a node that was restarted do not all come at once. */
const JITTER_MS = RETRY_MS / 2;

/** A way to another node that a session opened. */
export interface SessionPath {
  /** Hops to the node whose `echo` is asked. Empty when that is this node; then nothing is asked. */
  readonly route: Route;
  readonly close: () => void;
  /** Settles when the path is known to be gone. */
  readonly closed: Promise<unknown>;
}

/** What to keep up. */
export interface SessionOptions {
  /** Names the other node in reasons. */
  readonly to: string;
  /** Opens a new connection or channel; called again after each loss. */
  readonly connect: (signal: AbortSignal) => Promise<SessionPath>;
  /** Sets up on a new path what the session is for; what it yields takes that down again, before the path is closed. */
  readonly use: (path: SessionPath, signal: AbortSignal) => (() => void) | Promise<() => void>;
  /** Told when a path is lost or an attempt has failed. Must not throw. */
  readonly onDown: (reason: string) => void;
}

/** Something that is set up again whenever its path is lost. */
export interface Session {
  /** Something came by the path, so it lives whatever became of the pings. */
  readonly noteLife: () => void;
  /** Ends it; resolves when nothing of it is left. */
  readonly close: () => Promise<void>;
  /** Settles when it is over, as it also is when the router stops. */
  readonly closed: Promise<void>;
}

/**
 * Keeps something set up over a path to another node (`portal.md` §8): gives the path up when three pings are unanswered or
 * when it closes, opens a new one, and tries again every 5 s and up to half more until that works.
 */
export function keepSession(router: Router, options: SessionOptions): Session {
  const { to, connect, use, onDown } = options;
  const { clock } = router;
  const controller = new AbortController();
  const { signal } = controller;
  let noteLife = noop;

  // Takes no messages: it is how the session learns that the router stops.
  const worker = router.register({
    mailbox: { address: randomAddress(router.random), incoming: denyAll, outgoing: denyAll },
    handle: () => undefined,
    onStop: () => controller.abort(new Error('the session is closed')),
  });

  const usePath = async (path: SessionPath): Promise<void> => {
    const gone = new AbortController();
    const lose = (): void => gone.abort(new Error(`the way to ${to} is gone`));
    signal.addEventListener('abort', lose, { once: true });
    path.closed.then(lose, lose);
    try {
      const undo = await attempt({
        clock,
        timeoutMs: ATTEMPT_MS,
        signal: gone.signal,
        what: `setting up at ${to}`,
        start: (attempted) => use(path, attempted),
        discard: (late) => late(),
      });
      const watch = path.route.length === 0 ? undefined : watchPath(router, path.route);
      noteLife = watch?.noteLife ?? noop;
      void watch?.lost.then(lose);
      await aborted(gone.signal);
      noteLife = noop;
      watch?.stop();
      undo();
    } finally {
      signal.removeEventListener('abort', lose);
    }
  };

  const runOnce = async (): Promise<void> => {
    const path = await attempt({
      clock,
      timeoutMs: ATTEMPT_MS,
      signal,
      what: `connecting to ${to}`,
      start: connect,
      discard: (late) => late.close(),
    });
    try {
      await usePath(path);
    } finally {
      path.close();
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const startMs = clock.monotonicMs();
      let reason = `the way to ${to} is gone`;
      try {
        await runOnce();
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error);
      }
      if (signal.aborted) break;
      onDown(reason);
      const jitter = ((router.random(1)[0] ?? 0) / 255) * JITTER_MS;
      const rest = Math.max(0, startMs + RETRY_MS - clock.monotonicMs());
      // The wait is cut short by the end of the session only, which ends the loop.
      await delay(clock, rest + jitter, signal).catch(() => undefined);
    }
  };

  const closed = run();
  return {
    noteLife: () => noteLife(),
    close: () => {
      worker.stop();
      return closed;
    },
    closed,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function noop(): void {
  // Nobody watches.
}
