import { MAX_CALL_BYTES, MAX_DEPLOY_BYTES, MAX_RESULT_BYTES } from '../protocol/index.ts';

/** How much a Sat takes on; its sandbox has limits of its own. */
export interface SatLimits {
  /** Calls at the same time. */
  readonly concurrency: number;
  /** Longest time of one call, in milliseconds; the gateway may ask for less. */
  readonly deadlineMs: number;
  /** Most that a deployment may ask for: time in the guest and bytes of output. */
  readonly cpuMs: number;
  readonly outputBytes: number;
  /** Largest module. */
  readonly moduleBytes: number;
  /** Largest CALL, DEPLOY and ANSWER. */
  readonly callBytes: number;
  readonly deployBytes: number;
  readonly answerBytes: number;
  /** Largest RESULT; a function that makes a larger one has failed. */
  readonly resultBytes: number;
  /** Bodies in fragments that have not come to their end, together. */
  readonly openBytes: number;
  /** Deployments at a time; a swap needs two. */
  readonly deployments: number;
}

const MiB = 1 << 20;

/** Limits when nobody says otherwise. */
export const DEFAULT_SAT_LIMITS: SatLimits = Object.freeze({
  concurrency: 1024,
  deadlineMs: 30_000,
  cpuMs: 5_000,
  outputBytes: 16 * MiB,
  moduleBytes: 64 * MiB,
  callBytes: MAX_CALL_BYTES,
  deployBytes: MAX_DEPLOY_BYTES,
  answerBytes: 17 * MiB,
  resultBytes: MAX_RESULT_BYTES,
  openBytes: 256 * MiB,
  deployments: 16,
});
