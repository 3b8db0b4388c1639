/** What one call has of WASI: plain data, made where the call is made and used in the thread where it runs. */

/** A granted directory as its guest sees it; where it is on the host stays there. */
export interface SessionDirectory {
  /** The name under which the guest finds it, such as `/data`. */
  readonly guestPath: string;
  readonly writable: boolean;
}

/** What was granted to one call (`runnable-abi.md` §10). */
export interface WasiSession {
  readonly arguments: readonly string[];
  /** Each as `NAME=value`. */
  readonly environment: readonly string[];
  /** The directory at index `i` is handle `i` of every file operation. */
  readonly directories: readonly SessionDirectory[];
  /** Steps of the clocks, nanoseconds. */
  readonly clockResolutionNs: number;
  /** How many files and directories may be open at once, the granted ones aside. */
  readonly handles: number;
}

/** Clocks no finer than this unless another step is granted, so that a guest cannot time the caches of its neighbours. */
export const CLOCK_RESOLUTION_NS = 100_000;

/** What a call has to which nothing was granted. */
export const NO_SESSION: WasiSession = {
  arguments: [],
  environment: [],
  directories: [],
  clockResolutionNs: CLOCK_RESOLUTION_NS,
  handles: 0,
};
