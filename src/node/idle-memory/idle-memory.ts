import { getHeapStatistics } from 'node:v8';
import type { Cancel, Clock } from '../../kernel/index.ts';

/** Ours: how often it is looked at, milliseconds; which share of that time may be work; what must have come to be worth it. */
const LOOK_MS = 10_000;
const IDLE_SHARE = 0.02;
const WORTH_BYTES = 4 * 1024 * 1024;

/** The heap of this thread, and what it does. */
export interface HeapView {
  /** Milliseconds that the event loop has been busy since it began. */
  readonly busyMs: () => number;
  /** Bytes that the heap holds, used or not. */
  readonly heldBytes: () => number;
  /** Gives back what is not in use; takes some tens of milliseconds. */
  readonly collect: () => void;
}

/**
 * Collects when the last 10 s had less than 0.2 s of work and the heap holds 4 MiB more than after the last time, until it is
 * cancelled.
 */
export function startIdleCollection(clock: Clock, { busyMs, heldBytes, collect }: HeapView): Cancel {
  let least = 0;
  let atMs = clock.monotonicMs();
  let busyAt = busyMs();
  const look = (): void => {
    const isIdle = busyMs() - busyAt < IDLE_SHARE * (clock.monotonicMs() - atMs);
    const held = heldBytes();
    if (isIdle && held - least > WORTH_BYTES) {
      collect();
      least = heldBytes();
    } else {
      least = Math.min(least, held);
    }
    atMs = clock.monotonicMs();
    // Read again: the collection was no work of anybody's.
    busyAt = busyMs();
    cancel = clock.schedule(LOOK_MS, look);
  };
  let cancel = clock.schedule(LOOK_MS, look);
  return () => cancel();
}

/** The same for this thread, if the engine lets it: that needs the flag `--expose-gc`. Without it there is nothing to cancel. */
export function collectWhenIdle(clock: Clock): Cancel {
  const { gc } = globalThis;
  if (gc === undefined) return () => {};
  return startIdleCollection(clock, {
    busyMs: () => performance.eventLoopUtilization().active,
    heldBytes: () => getHeapStatistics().total_heap_size,
    collect: () => gc({ type: 'major', flavor: 'last-resort' }),
  });
}
