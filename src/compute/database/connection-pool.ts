/**
 * The connections to one database. A connection is lent to one call at a time; a call that is given up has its statement stopped
 * before its place is given to another, so a server never runs more statements for us than the pool has places.
 */
import type { Cancel, Clock } from '../../kernel/index.ts';
import { abortable, withDeadline } from '../egress/index.ts';
import type { DatabaseConnection } from './contract.ts';
import { DatabaseError } from './errors.ts';
import type { DatabaseLimits } from './limits.ts';

/** What a pool needs. */
export interface ConnectionPoolOptions {
  readonly clock: Clock;
  readonly limits: DatabaseLimits;
  /** Opens a connection; has `connectMs`. */
  readonly open: (signal: AbortSignal) => Promise<DatabaseConnection>;
  /** Told what nobody waits for: that a statement could not be stopped. */
  readonly onTrouble: (error: unknown) => void;
}

interface Idle {
  readonly connection: DatabaseConnection;
  readonly expiry: Cancel;
}

/** A call that waits: it is given a connection, or the right to open one. */
type Waiting = (place: DatabaseConnection | 'open one') => void;

/** To be closed. */
export class ConnectionPool {
  readonly #options: ConnectionPoolOptions;
  readonly #closing = new AbortController();
  /** The one used last is at the end. */
  readonly #idle: Idle[] = [];
  /** Calls that have a connection or wait for one. */
  readonly #using = new Set<Promise<unknown>>();
  readonly #waiting = new Set<Waiting>();
  /** Statements that are being stopped. */
  readonly #stopping = new Set<Promise<void>>();
  /** Connections that are there, being opened or being given up. */
  #places = 0;
  #retired = false;

  constructor(options: ConnectionPoolOptions) {
    this.#options = options;
  }

  /** How many connections are there, being opened or being given up. */
  get places(): number {
    return this.#places;
  }

  /**
   * Lends a connection to `work`.
   * @throws {DatabaseError} DATABASE_BUSY, DATABASE_CLOSED · {EgressError} EGRESS_DEADLINE · what `work` and `open` throw
   */
  use<T>(signal: AbortSignal, work: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const using = this.#lend(signal, work);
    this.#using.add(using);
    return using.finally(() => this.#using.delete(using));
  }

  async #lend<T>(signal: AbortSignal, work: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take(signal);
    const { clock, limits } = this.#options;
    const done = { settled: false };
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    try {
      return await withDeadline(clock, limits.statementMs, 'result of the statement', ending, () =>
        work(connection).finally(() => {
          done.settled = true;
        }),
      );
    } finally {
      if (done.settled) this.#giveBack(connection);
      else this.#stop(connection);
    }
  }

  /** Keeps no connection any more: those that are lent are closed when they come back. */
  retire(): void {
    this.#retired = true;
    for (const { connection, expiry } of this.#idle.splice(0)) {
      expiry();
      connection.end();
      this.#freePlace();
    }
  }

  /** Ends every connection; statements that run are stopped. */
  async close(): Promise<void> {
    this.retire();
    this.#closing.abort(closed());
    await Promise.allSettled(this.#using);
    await Promise.all(this.#stopping);
  }

  async #take(signal: AbortSignal): Promise<DatabaseConnection> {
    signal.throwIfAborted();
    if (this.#closing.signal.aborted) throw closed();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      idle.expiry();
      if (idle.connection.usable()) return idle.connection;
      idle.connection.destroy();
      // It is idle no more, so that its end frees nothing.
      this.#freePlace();
    }
    if (this.#places >= this.#options.limits.poolConnections) {
      const place = await this.#wait(signal);
      if (place !== 'open one') return place;
    } else {
      this.#places++;
    }
    return this.#open(signal);
  }

  /** Opens a connection in a place that is ours already. */
  async #open(signal: AbortSignal): Promise<DatabaseConnection> {
    const { clock, limits, open } = this.#options;
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    try {
      const connection = await withDeadline(clock, limits.connectMs, 'login at the database', ending, async (inner) => {
        const opened = await open(inner);
        // Nobody would close one that comes too late.
        if (inner.aborted) opened.destroy();
        return opened;
      });
      void connection.closed.then(() => this.#gone(connection));
      return connection;
    } catch (error) {
      this.#freePlace();
      throw error;
    }
  }

  async #wait(signal: AbortSignal): Promise<DatabaseConnection | 'open one'> {
    const { clock, limits } = this.#options;
    if (this.#waiting.size >= limits.poolWaiting) {
      throw new DatabaseError('DATABASE_BUSY', `${this.#waiting.size} calls wait for a connection to the database`);
    }
    const turn = Promise.withResolvers<DatabaseConnection | 'open one'>();
    this.#waiting.add(turn.resolve);
    const ending = AbortSignal.any([signal, this.#closing.signal]);
    try {
      return await withDeadline(clock, limits.waitMs, 'free connection to the database', ending, () => turn.promise);
    } catch (error) {
      // Its turn may have come in the same moment.
      if (!this.#waiting.delete(turn.resolve)) {
        void turn.promise.then((place) => (place === 'open one' ? this.#freePlace() : this.#giveBack(place)));
      }
      throw error;
    }
  }

  #giveBack(connection: DatabaseConnection): void {
    if (!connection.usable()) {
      connection.destroy();
      // One that was closed while it was lent has no place any more once it is given back.
      this.#freePlace();
      return;
    }
    const next = this.#next();
    if (next !== undefined) return next(connection);
    if (this.#retired) {
      connection.end();
      this.#freePlace();
      return;
    }
    const expiry = this.#options.clock.schedule(this.#options.limits.idleMs, () => {
      this.#forgetIdle(connection);
      connection.end();
      this.#freePlace();
    });
    this.#idle.push({ connection, expiry });
  }

  /** A connection that was not lent has gone by itself. */
  #gone(connection: DatabaseConnection): void {
    if (this.#forgetIdle(connection)) this.#freePlace();
  }

  #forgetIdle(connection: DatabaseConnection): boolean {
    const index = this.#idle.findIndex((idle) => idle.connection === connection);
    if (index < 0) return false;
    this.#idle.splice(index, 1)[0]?.expiry();
    return true;
  }

  #freePlace(): void {
    const next = this.#next();
    if (next === undefined) this.#places--;
    else next('open one');
  }

  #next(): Waiting | undefined {
    const [next] = this.#waiting;
    if (next !== undefined) this.#waiting.delete(next);
    return next;
  }

  /** Nobody waits for what runs on `connection`: the server is told, and its place is free only then. */
  #stop(connection: DatabaseConnection): void {
    const { clock, limits, onTrouble } = this.#options;
    const never = new AbortController().signal;
    const stopping = withDeadline(clock, limits.cancelMs, 'answer to a cancelled statement', never, (signal) =>
      abortable(connection.cancel(signal), signal),
    )
      .catch(onTrouble)
      .finally(() => {
        connection.destroy();
        this.#stopping.delete(stopping);
        this.#freePlace();
      });
    this.#stopping.add(stopping);
  }
}

function closed(): DatabaseError {
  return new DatabaseError('DATABASE_CLOSED', 'the host of the function is being closed');
}
