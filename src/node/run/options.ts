import type { Tracing } from '../../kernel/index.ts';
import type { Home } from '../home/index.ts';

/** A node to run in this process. */
export interface RunOptions {
  readonly home: Home;
  readonly name: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name and version of the program. */
  readonly software: string;
  /** Where what it does is written down; undefined: nowhere. */
  readonly tracing?: Tracing | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Told when everything is up, before the wait for the end. */
  readonly onReady: () => void | Promise<void>;
}
