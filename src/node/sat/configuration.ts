import type { Isolation, OwnerGrant } from '../isolation/index.ts';

/** What a Sat starts with. */
export interface SatConfiguration {
  /** Id of the project. */
  readonly project: string;
  /** Name of its gateway. */
  readonly gateway: string;
  /** Route to the gateway's own listener; undefined: through the project. */
  readonly route?: string | undefined;
  /** A further condition on the gateway. */
  readonly allow?: string | undefined;
  /** The owner's ceiling, as `encodeGrants` writes it. */
  readonly ceiling?: string | undefined;
  readonly labels: readonly (readonly [string, string])[];
  /** Threads that run functions; undefined: as many as there are cores. */
  readonly workers?: number | undefined;
  /** Where functions run; undefined: in threads of the Sat. */
  readonly isolation?: Isolation | undefined;
  /** What its owner grants of this machine to every function that runs here; undefined: nothing. */
  readonly wasi?: OwnerGrant | undefined;
  /** `host:port` where metrics are scraped. */
  readonly metrics?: string | undefined;
}
