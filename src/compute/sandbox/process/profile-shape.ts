/** A profile that a sandbox process has sent: it runs guests, so what it says may be anything. */
import * as v from 'valibot';
import { escapeGuestText } from '../../capability/index.ts';
import type { CpuProfile } from '../../profile/index.ts';

/** The most of both that `compute/profile` makes. */
const MAX_NODES = 100_001;
const MAX_SAMPLES = 500_000;
/** A name with all of its characters escaped. */
const MAX_TEXT = 2_000;
/** Ours: the longest frame of a profile, bytes; those of a function with ordinary names have a tenth. */
export const MAX_PROFILE_FRAME: number = 96 << 20;

const number = v.pipe(v.number(), v.finite());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Shown by the tools that open it; nothing in it may deceive. */
const shown = v.pipe(
  v.string(),
  v.maxLength(MAX_TEXT),
  v.check((text) => escapeGuestText(text.replaceAll('\\', ''), MAX_TEXT) === text.replaceAll('\\', '')),
);
/** Half a million numbers, looked at as what they are. */
const numbers = v.custom<number[]>(
  (value) =>
    Array.isArray(value) &&
    value.length <= MAX_SAMPLES &&
    value.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= 0),
);

/** Shape of a `CpuProfile` within the bounds of an honest one. */
export const profileShape: v.GenericSchema<unknown, CpuProfile> = v.object({
  nodes: v.pipe(
    v.array(
      v.object({
        id: count,
        callFrame: v.object({
          functionName: shown,
          scriptId: shown,
          url: shown,
          lineNumber: number,
          columnNumber: number,
        }),
        hitCount: count,
        children: v.exactOptional(v.pipe(v.array(count), v.maxLength(MAX_NODES))),
      }),
    ),
    v.maxLength(MAX_NODES),
  ),
  startTime: number,
  endTime: number,
  samples: numbers,
  timeDeltas: numbers,
});
