/**
 * What stands between a server and the driver that reads it. A server is not believed: it may send without end, and what a
 * driver throws over odd bytes would otherwise end the process.
 */
import type { Duplex } from 'node:stream';
import { DatabaseError } from './errors.ts';

/** How many bytes a server may still send. */
export interface Allowance {
  /** Counts from the beginning again: for the next statement. */
  readonly restart: () => void;
  /** Counts what `stream` delivers from now on; more than the rest ends it. To be called before a driver listens. */
  readonly count: (stream: Duplex) => void;
  /** Why a stream was ended, if it was; a driver may have other words for that. */
  readonly exceeded: () => DatabaseError | undefined;
}

/** An allowance of `maxBytes`. */
export function allowanceOf(maxBytes: number): Allowance {
  let left = maxBytes;
  let exceeded: DatabaseError | undefined;
  return {
    exceeded: () => exceeded,
    restart: () => {
      left = maxBytes;
    },
    count: (stream) => {
      stream.prependListener('data', (chunk: Uint8Array) => {
        left -= chunk.length;
        if (left >= 0) return;
        exceeded ??= new DatabaseError(
          'DATABASE_TOO_LARGE',
          `the server sent more than ${maxBytes} bytes for one statement`,
          { remedy: 'let the query ask for less' },
        );
        stream.destroy(exceeded);
      });
    },
  };
}

/** Lets what a listener for data throws end `stream`, and nothing after it reaches that listener. */
export function containListeners<S extends Duplex>(stream: S): S {
  const on = stream.on.bind(stream) as (event: string, listener: (...args: unknown[]) => void) => S;
  const contained = (event: string, listener: (...args: unknown[]) => void): S => {
    if (event !== 'data') return on(event, listener);
    return on(event, (chunk) => {
      if (stream.destroyed) return;
      try {
        listener(chunk);
      } catch (cause) {
        stream.destroy(new DatabaseError('DATABASE_LOST', 'the server sent what the driver cannot read', { cause }));
      }
    });
  };
  return Object.assign(stream, { on: contained });
}
