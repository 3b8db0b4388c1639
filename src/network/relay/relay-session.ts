import { CborWriter } from '../../kernel/cbor/index.ts';
import { delay } from '../../kernel/index.ts';
import {
  type Address,
  localAddress,
  type RequestOptions,
  type Route,
  type Router,
  RoutingError,
  request,
} from '../routing/index.ts';
import { registerRelay } from './relay-client.ts';

/** Specification (`relay.md` §6). */
const PING_INTERVAL_MS = 10_000;
const PINGS_LOST = 3;
const RETRY_MS = 5_000;

/** A way to the relay node that a session opened. */
export interface RelayPath {
  readonly route: Route;
  readonly close: () => void;
  /** Settles when the path is known to be gone. */
  readonly closed: Promise<unknown>;
}

/** How a session stands; told when it changes. */
export type RelayState =
  | { readonly up: true; readonly address: Address }
  | { readonly up: false; readonly reason: string };

/** A relay to keep. */
export interface RelaySessionOptions {
  readonly name: string | undefined;
  /** Opens a new connection or channel to the relay node; called again after each loss. */
  readonly connect: (signal: AbortSignal) => Promise<RelayPath>;
  readonly onState: (state: RelayState) => void;
}

/** A relay that is registered again whenever its connection is lost. */
export interface RelaySession {
  /** Ends it; resolves when nothing of it is left. */
  readonly close: () => Promise<void>;
}

/**
 * Keeps a relay registered (`relay.md` §6): asks the relay node's `echo` every 10 s, gives a path up after three
 * pings without an answer or when it closes, and registers anew over a new one, every 5 s and up to half more until it works.
 */
export function keepRelay(router: Router, options: RelaySessionOptions): RelaySession {
  const { name, connect, onState } = options;
  const controller = new AbortController();
  const { signal } = controller;

  const runOnce = async (): Promise<void> => {
    const path = await connect(signal);
    try {
      const relay = await registerRelay(router, { route: path.route, name, signal });
      try {
        onState({ up: true, address: relay.address });
        await Promise.race([watch(router, path.route, signal), path.closed]);
      } finally {
        relay.close();
      }
    } finally {
      path.close();
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await runOnce();
        if (!signal.aborted) onState({ up: false, reason: 'the way to the relay node is gone' });
      } catch (error) {
        if (!signal.aborted) onState({ up: false, reason: error instanceof Error ? error.message : String(error) });
      }
      const jitter = ((router.random(1)[0] ?? 0) / 255) * (RETRY_MS / 2);
      // The wait is cut short by the end of the session only, which ends the loop.
      await delay(router.clock, RETRY_MS + jitter, signal).catch(() => undefined);
    }
  };

  const done = run();
  return {
    close: () => {
      controller.abort(new Error('the session is closed'));
      return done;
    },
  };
}

/** Resolves when three pings in a row have no answer, or at the end of the session. */
async function watch(router: Router, route: Route, signal: AbortSignal): Promise<void> {
  const onward = [...route, localAddress('echo')];
  for (let ping = 0, lost = 0; lost < PINGS_LOST && !signal.aborted; ping++) {
    const answered = await isAnswered(router, {
      onward,
      payload: new CborWriter(9).uint(ping).finish(),
      timeoutMs: PING_INTERVAL_MS,
      signal,
    });
    lost = answered ? 0 : lost + 1;
    // A ping without an answer has taken its interval already.
    if (answered) await delay(router.clock, PING_INTERVAL_MS, signal).catch(() => undefined);
  }
}

async function isAnswered(router: Router, ping: RequestOptions): Promise<boolean> {
  try {
    await request(router, ping);
    return true;
  } catch (error) {
    if (error instanceof RoutingError || ping.signal?.aborted === true) return false;
    throw error;
  }
}
