import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../test/support/virtual-clock.ts';
import { ConnectionPool } from './connection-pool.ts';
import type { DatabaseConnection } from './contract.ts';
import { loadDriver } from './driver.ts';
import { DEFAULT_DATABASE_LIMITS, type DatabaseLimits } from './limits.ts';

const { signal } = new AbortController();

/** A connection that a test plays. */
class Played implements DatabaseConnection {
  readonly #closed = Promise.withResolvers<void>();
  readonly closed = this.#closed.promise;
  readonly log: string[] = [];
  alive = true;
  cancelled: Promise<void> = Promise.resolve();
  usable = (): boolean => this.alive;
  run = (): Promise<Uint8Array> => Promise.resolve(new Uint8Array(0));
  cancel = (): Promise<void> => {
    this.log.push('cancel');
    return this.cancelled;
  };
  end = (): void => this.#over('end');
  destroy = (): void => this.#over('destroy');

  #over(how: string): void {
    if (this.alive) this.log.push(how);
    this.alive = false;
    this.#closed.resolve();
  }
}

function stage(limits: Partial<DatabaseLimits> = {}) {
  const clock = new VirtualClock();
  const opened: Played[] = [];
  const troubles: unknown[] = [];
  const opening: { next: () => Promise<DatabaseConnection> } = {
    next: () => {
      const connection = new Played();
      opened.push(connection);
      return Promise.resolve(connection);
    },
  };
  const pool = new ConnectionPool({
    clock,
    limits: { ...DEFAULT_DATABASE_LIMITS, ...limits },
    open: () => opening.next(),
    onTrouble: (error) => troubles.push(error),
  });
  return { clock, opened, troubles, opening, pool };
}

/** Waits until everything that can happen by itself has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const nothing = (): Promise<string> => Promise.resolve('done');
const never = (): Promise<never> => new Promise(() => undefined);

test('a connection is used again, the one used last first, and closed when it was idle for long', async () => {
  const { clock, opened, pool } = stage();
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const both = gates.map(({ promise }) => pool.use(signal, () => promise));
  await settled();
  assert.equal(opened.length, 2);
  for (const { resolve } of gates) resolve();
  await Promise.all(both);
  await clock.advance(20_000);
  assert.equal(await pool.use(signal, (connection) => Promise.resolve(connection)), opened[1]);
  await clock.advance(15_000);
  assert.deepEqual([pool.places, opened[0]?.log, opened[1]?.alive], [1, ['end'], true]);
  await clock.advance(15_000);
  assert.deepEqual([pool.places, opened[1]?.log], [0, ['end']]);
});

test('a connection that ends by itself leaves its place', async () => {
  const { opened, pool } = stage();
  await pool.use(signal, nothing);
  opened[0]?.destroy();
  await settled();
  assert.equal(pool.places, 0);
  await pool.use(signal, async () => opened[1]?.destroy());
  assert.deepEqual([opened.length, pool.places], [2, 0]);
});

test('an idle connection that is found unusable before it has closed leaves its place, too', async () => {
  const { opened, pool } = stage({ poolConnections: 2 });
  for (let i = 0; i < 5; i++) {
    assert.equal(await pool.use(signal, nothing), 'done');
    // The server has said that it goes; the socket is still there.
    (opened[i] as Played).alive = false;
  }
  assert.deepEqual([opened.length, pool.places], [5, 1]);
});

test('a wait for a connection ends, and what comes too late is kept for the next', async () => {
  const { clock, opened, pool } = stage({ poolConnections: 1 });
  const gate = Promise.withResolvers<void>();
  const first = pool.use(signal, () => gate.promise);
  await settled();
  const waits = pool.use(signal, nothing);
  const rejected = assert.rejects(waits, { code: 'EGRESS_DEADLINE', message: /free connection/ });
  const call = new AbortController();
  const given = pool.use(call.signal, nothing);
  call.abort(new Error('given up'));
  await assert.rejects(given, /given up/);
  await clock.advance(10_000);
  await rejected;
  gate.resolve();
  await first;
  assert.equal(await pool.use(signal, nothing), 'done');
  assert.deepEqual([opened.length, pool.places], [1, 1]);
});

test('a login that fails gives its place to the next', async () => {
  const { opened, opening, pool } = stage({ poolConnections: 1 });
  const real = opening.next;
  opening.next = () => Promise.reject(new Error('no'));
  const first = pool.use(signal, nothing);
  const second = pool.use(signal, nothing);
  await assert.rejects(first, /no/);
  await assert.rejects(second, /no/);
  assert.equal(pool.places, 0);
  opening.next = real;
  assert.equal(await pool.use(signal, nothing), 'done');
  assert.equal(opened.length, 1);
});

test('a connection that comes after its deadline is closed', async () => {
  const { clock, opening, pool } = stage();
  const late = Promise.withResolvers<DatabaseConnection>();
  opening.next = () => late.promise;
  const failed = assert.rejects(pool.use(signal, nothing), { code: 'EGRESS_DEADLINE', message: /login/ });
  await settled();
  await clock.advance(10_000);
  await failed;
  const connection = new Played();
  late.resolve(connection);
  await settled();
  assert.deepEqual([connection.log, pool.places], [['destroy'], 0]);
});

test('the place of a statement that is given up is free when the server has stopped, or does not answer', async () => {
  const { clock, opened, troubles, pool } = stage({ poolConnections: 1 });
  for (const stopped of [true, false]) {
    const call = new AbortController();
    const given = pool.use(call.signal, never);
    await settled();
    const connection = opened.at(-1)!;
    const stopping = Promise.withResolvers<void>();
    connection.cancelled = stopping.promise;
    call.abort(new Error('given up'));
    await assert.rejects(given, /given up/);
    await settled();
    assert.deepEqual([connection.log, pool.places], [['cancel'], 1]);
    if (stopped) stopping.resolve();
    else await clock.advance(5_000);
    await settled();
    assert.deepEqual([connection.log, pool.places], [['cancel', 'destroy'], 0]);
  }
  assert.deepEqual(
    troubles.map((error) => (error as { code?: unknown }).code),
    ['EGRESS_DEADLINE'],
  );
});

test('a pool that is retired keeps nothing, and one that is closed stops everything', async () => {
  const { opened, pool } = stage();
  const gate = Promise.withResolvers<void>();
  const lent = pool.use(signal, () => gate.promise);
  await settled();
  await pool.use(signal, nothing);
  pool.retire();
  assert.deepEqual([opened[1]?.log, pool.places], [['end'], 1]);
  gate.resolve();
  await lent;
  assert.deepEqual([opened[0]?.log, pool.places], [['end'], 0]);

  const running = assert.rejects(pool.use(signal, never), { code: 'DATABASE_CLOSED' });
  await settled();
  await pool.close();
  await running;
  assert.deepEqual([opened[2]?.log, pool.places], [['cancel', 'destroy'], 0]);
  await assert.rejects(pool.use(signal, nothing), { code: 'DATABASE_CLOSED' });
});

test('a driver that is not installed is named, with what to do', async () => {
  const missing = 'a-package-that-nobody-has';
  await assert.rejects(
    loadDriver('pg', () => import(missing)),
    { code: 'DATABASE_DRIVER_MISSING', remedy: /npm install pg/ },
  );
  await assert.rejects(
    loadDriver('pg', () => Promise.reject(new TypeError('another defect'))),
    TypeError,
  );
});
