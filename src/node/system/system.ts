import type { Clock, RandomSource } from '../../kernel/index.ts';

/** Longest delay that a timer of Node takes, milliseconds; it would fire at once beyond. */
const LONGEST_MS = 2_147_483_647;

/** The time of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule: (delayMs, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, delayMs), LONGEST_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Random bytes of the operating system. Its module is a large one, and most commands draw nothing (`hardening.md` §6). */
export const systemRandom: RandomSource = (length) =>
  process.getBuiltinModule('node:crypto').randomFillSync(new Uint8Array(length));
