import { MAX_CALL_BYTES, MAX_RESULT_BYTES } from '../protocol/index.ts';

/** Bounds of a gateway. */
export interface GatewayLimits {
  /** Body of one request; all bytes that are held, of bodies, outputs of functions, and large answers until they are sent. */
  readonly bodyBytes: number;
  readonly totalBodyBytes: number;
  /** From the last byte of a request to its answer, in milliseconds. */
  readonly requestMs: number;
  /** For the head of a request, for all of it, and for the next one on the same connection, in milliseconds. */
  readonly headMs: number;
  readonly uploadMs: number;
  readonly keepAliveMs: number;
  /** A connection on which nothing moves for so long is closed, also in the middle of an answer, in milliseconds. */
  readonly idleMs: number;
  /** Connections of clients, and requests that are being served; of both, and of bodies, no client has more than are free. */
  readonly connections: number;
  readonly requests: number;
  /** Calls that wait because every Sat is busy. */
  readonly waiting: number;
  /** Sats, links that have not made an offer yet, and both of one member. */
  readonly sats: number;
  readonly newcomers: number;
  readonly satsOfMember: number;
  /** Calls in flight at one Sat, whatever it offers. */
  readonly callsOfSat: number;
  /** Bytes that one Sat's link has not taken; above it the Sat gets no more calls, above eight times of it it is cut off. */
  readonly pendingBytes: number;
  /** Largest CALL; functions may have made more of a request than that. */
  readonly callBytes: number;
  /** Largest RESULT, and bodies in fragments of one Sat together. */
  readonly resultBytes: number;
  readonly openBytes: number;
  /** How long a deployment waits for the Sats that are there to get ready, in milliseconds. */
  readonly deployMs: number;
  /** Time in the guest and bytes of output of one call; 0: as the Sat thinks fit. */
  readonly cpuMs: number;
  readonly outputBytes: number;
}

const MiB = 1 << 20;

/** Limits when nobody says otherwise. */
export const DEFAULT_GATEWAY_LIMITS: GatewayLimits = Object.freeze({
  bodyBytes: 10 * MiB,
  totalBodyBytes: 512 * MiB,
  requestMs: 30_000,
  headMs: 10_000,
  uploadMs: 60_000,
  keepAliveMs: 30_000,
  idleMs: 60_000,
  connections: 16_384,
  requests: 8192,
  waiting: 4096,
  sats: 4096,
  newcomers: 256,
  satsOfMember: 64,
  callsOfSat: 1024,
  pendingBytes: 32 * MiB,
  callBytes: MAX_CALL_BYTES,
  resultBytes: MAX_RESULT_BYTES,
  openBytes: 192 * MiB,
  deployMs: 60_000,
  cpuMs: 0,
  outputBytes: 0,
});
