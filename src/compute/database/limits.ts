/** Bounds of what databases may cost their host. */
export interface DatabaseLimits {
  /** Rows and bytes (as JSON) of one result. */
  readonly maxRows: number;
  readonly maxResultBytes: number;
  /** Longest time of one statement, milliseconds; the deadline of the call may be nearer. */
  readonly statementMs: number;
  /** From the look-up of the name to the end of the login, milliseconds. */
  readonly connectMs: number;
  /** How long the server may take to hear that a statement is to stop, milliseconds. */
  readonly cancelMs: number;
  /** Connections of one pool, calls that wait for one, and how long they do, milliseconds. */
  readonly poolConnections: number;
  readonly poolWaiting: number;
  readonly waitMs: number;
  /** A connection that was not used for so long is closed, milliseconds. */
  readonly idleMs: number;
  /** Pools; there is one for each connection string under each set of rules. */
  readonly pools: number;
}

/** The server's own bound comes so much after ours, milliseconds: it is for statements whose host is gone. */
export const SERVER_GRACE_MS = 2_000;

/** Limits when nobody says otherwise (`capabilities.md` §7.4). */
export const DEFAULT_DATABASE_LIMITS: DatabaseLimits = Object.freeze({
  maxRows: 100_000,
  maxResultBytes: 16 * 1024 * 1024,
  statementMs: 30_000,
  connectMs: 10_000,
  cancelMs: 5_000,
  poolConnections: 8,
  poolWaiting: 256,
  waitMs: 10_000,
  idleMs: 30_000,
  pools: 64,
});
