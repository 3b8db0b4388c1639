import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { settle, VirtualClock } from '../../../test/support/virtual-clock.ts';
import { toHex } from '../../kernel/index.ts';
import { allowAll, localAddress, localMessage, type Route, Router, startEcho, type Worker } from '../routing/index.ts';
import { attempt, keepSession, type Session, type SessionPath, watchPath } from './index.ts';

interface World {
  readonly clock: VirtualClock;
  readonly router: Router;
  /** A worker that passes messages on while the way is open, and holds them back or loses them otherwise. */
  readonly way: { mode: 'open' | 'lost' | 'slow'; readonly pings: string[] };
  readonly route: Route;
}

function world(): World {
  const clock = new VirtualClock();
  const router = new Router({ clock, random: (length) => crypto.getRandomValues(new Uint8Array(length)) });
  const way: World['way'] = { mode: 'open', pings: [] };
  const hop = localAddress('way');
  const worker: Worker = router.register({
    mailbox: { address: hop, incoming: allowAll, outgoing: allowAll },
    handle: (message) => {
      way.pings.push(toHex(message.payload));
      const forward = (): void =>
        void worker.mailbox.send(localMessage(message.onward.slice(1), message.return, message.payload));
      if (way.mode === 'open') forward();
      if (way.mode === 'slow') clock.schedule(25_000, forward);
    },
  });
  startEcho(router, { incoming: allowAll });
  return { clock, router, way, route: [hop] };
}

interface Kept {
  readonly session: Session;
  readonly log: string[];
  readonly closers: (() => void)[];
}

/** A session whose paths all lead over the world's way, and whose life is written down. */
function keep({ router, route }: World, connect?: (signal: AbortSignal) => Promise<SessionPath>): Kept {
  const log: string[] = [];
  const closers: (() => void)[] = [];
  const open = async (): Promise<SessionPath> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    closers.push(resolve);
    log.push('connect');
    return { route, close: () => void log.push('close'), closed: promise };
  };
  const session = keepSession(router, {
    to: 'there',
    connect: connect ?? open,
    use: () => {
      log.push('up');
      return () => void log.push('undo');
    },
    onDown: (reason) => log.push(`down: ${reason}`),
  });
  return { session, log, closers };
}

suite('a watched path', () => {
  test('is asked at once and every 10 s, each time something new, and lives while it answers', async () => {
    const w = world();
    const watch = watchPath(w.router, w.route);
    let lost = false;
    void watch.lost.then(() => (lost = true));
    assert.equal(w.way.pings.length, 1);
    await w.clock.advance(9_999);
    assert.equal(w.way.pings.length, 1);
    await w.clock.advance(100_000);
    assert.equal(w.way.pings.length, 11);
    assert.equal(new Set(w.way.pings).size, 11);
    assert.equal(lost, false);
    watch.stop();
    assert.equal(w.clock.pending, 0);
  });

  test('is lost when a fourth ping would be due and three are open', async () => {
    const w = world();
    w.way.mode = 'lost';
    const watch = watchPath(w.router, w.route);
    let lost = false;
    void watch.lost.then(() => (lost = true));
    await w.clock.advance(29_999);
    assert.equal(lost, false);
    assert.equal(w.way.pings.length, 3);
    await w.clock.advance(1);
    assert.equal(lost, true);
    assert.equal(w.clock.pending, 0);
    assert.equal(w.router.size, 2);
  });

  test('lives when answers are late, or when something else came by it', async () => {
    const slow = world();
    slow.way.mode = 'slow';
    const first = watchPath(slow.router, slow.route);
    void first.lost.then(() => assert.fail('a slow path is not lost'));
    await slow.clock.advance(200_000);
    first.stop();

    const busy = world();
    busy.way.mode = 'lost';
    const second = watchPath(busy.router, busy.route);
    void second.lost.then(() => assert.fail('a path that carries something is not lost'));
    for (let i = 0; i < 10; i++) {
      await busy.clock.advance(25_000);
      second.noteLife();
    }
    second.stop();
    await settle();
  });

  test('is not kept alive by answers to nothing', async () => {
    const { clock, router } = world();
    const tap = localAddress('tap');
    const worker: Worker = router.register({
      mailbox: { address: tap, incoming: allowAll, outgoing: allowAll },
      handle: (message) => {
        for (const payload of [new Uint8Array(0), Uint8Array.of(5), new Uint8Array(4096), message.payload.slice(1)]) {
          void worker.mailbox.send(localMessage(message.return, [], payload));
        }
      },
    });
    let lost = false;
    void watchPath(router, [tap]).lost.then(() => (lost = true));
    await clock.advance(30_000);
    assert.equal(lost, true);
  });
});

suite('a session', () => {
  test('takes down and builds up again in order when its path closes', async () => {
    const w = world();
    const { session, log, closers } = keep(w);
    await w.clock.advance(60_000);
    assert.deepEqual(log, ['connect', 'up']);
    closers[0]?.();
    await w.clock.advance(2_500);
    assert.deepEqual(log, ['connect', 'up', 'undo', 'close', 'down: the way to there is gone', 'connect', 'up']);
    await session.close();
    assert.deepEqual(log.slice(-2), ['undo', 'close']);
    assert.equal(w.clock.pending, 0);
    assert.equal(w.router.size, 2);
  });

  test('does not try more often than every 5 s, whatever fails', async () => {
    const w = world();
    let attempts = 0;
    const { session, log } = keep(w, async () => {
      attempts++;
      throw new Error('no route');
    });
    await w.clock.advance(60_000);
    assert.ok(attempts >= 8 && attempts <= 13, `${attempts} attempts`);
    assert.equal(log[0], 'down: no route');
    await session.close();
    assert.equal(w.clock.pending, 0);
  });

  test('gives an attempt up after 30 s and closes what it yields too late', async () => {
    const w = world();
    const late = Promise.withResolvers<SessionPath>();
    const signals: AbortSignal[] = [];
    let closed = 0;
    const { session, log } = keep(w, (signal) => {
      signals.push(signal);
      return late.promise;
    });
    await w.clock.advance(30_000);
    assert.deepEqual(log, ['down: connecting to there did not succeed within 30000 ms']);
    assert.equal(signals[0]?.aborted, true);
    await session.close();
    late.resolve({ route: w.route, close: () => closed++, closed: Promise.resolve() });
    await settle();
    assert.equal(closed, signals.length);
  });

  test('ends with its router', async () => {
    const w = world();
    const { session, log } = keep(w);
    await w.clock.advance(1);
    w.router.stop();
    await session.closed;
    assert.deepEqual(log, ['connect', 'up', 'undo', 'close']);
    assert.equal(w.clock.pending, 0);
  });

  test('asks nobody when its path does not leave the node', async () => {
    const w = world();
    const { session, log } = keep(w, async () => ({
      route: [],
      close: () => undefined,
      closed: new Promise(() => undefined),
    }));
    await w.clock.advance(100_000);
    assert.deepEqual(log, ['up']);
    assert.equal(w.way.pings.length, 0);
    await session.close();
  });
});

suite('an attempt', () => {
  const never = new AbortController().signal;

  test('passes on what comes in time, good or bad', async () => {
    const clock = new VirtualClock();
    const options = { clock, timeoutMs: 10, signal: never, what: 'it', discard: () => assert.fail('nothing is late') };
    assert.equal(await attempt({ ...options, start: () => 1 }), 1);
    await assert.rejects(attempt({ ...options, start: () => Promise.reject(new Error('bad')) }), /bad/);
    await assert.rejects(
      attempt({
        ...options,
        start: () => {
          throw new Error('worse');
        },
      }),
      /worse/,
    );
    assert.equal(clock.pending, 0);
  });

  test('ends with its signal, and discards what comes later', async () => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<string>();
    const discarded: string[] = [];
    const attempted = attempt({
      clock,
      timeoutMs: 10,
      signal: controller.signal,
      what: 'it',
      start: () => promise,
      discard: (late) => discarded.push(late),
    });
    controller.abort(new Error('enough'));
    await assert.rejects(attempted, /enough/);
    resolve('late');
    await settle();
    assert.deepEqual(discarded, ['late']);
    assert.equal(clock.pending, 0);
    const again = attempt({
      clock,
      timeoutMs: 10,
      signal: controller.signal,
      what: 'it',
      start: () => assert.fail('it is not even begun'),
      discard: () => undefined,
    });
    await assert.rejects(again, /enough/);
  });
});
