/** Lines that guests write into the host's log: cut, escaped and rationed, since a guest must not forge or flood it. */
import type { Clock } from '../../kernel/index.ts';

/** How much a function may log. */
export interface LogLimits {
  /** Longest line in UTF-16 units, before escaping. */
  readonly maxLineLength: number;
  /** Lines that may come at once. */
  readonly burst: number;
  /** Lines a second in the long run. */
  readonly perSecond: number;
}

/** Limits that suit an ordinary function. */
export const DEFAULT_LOG_LIMITS: LogLimits = Object.freeze({ maxLineLength: 4096, burst: 100, perSecond: 20 });

/** A ration of log lines; share one between the calls of a function. */
export interface LogBudget {
  /** How many lines were dropped since the last one that passed; `undefined` when this one is dropped as well. */
  readonly take: () => number | undefined;
}

/** A token bucket that is full at first. @param onDropped told of every line that is dropped, for whoever counts. */
export function createLogBudget(
  clock: Pick<Clock, 'monotonicMs'>,
  { burst, perSecond }: Pick<LogLimits, 'burst' | 'perSecond'> = DEFAULT_LOG_LIMITS,
  onDropped?: () => void,
): LogBudget {
  let tokens = burst;
  let filledAtMs = clock.monotonicMs();
  let dropped = 0;
  return {
    take: () => {
      const nowMs = clock.monotonicMs();
      tokens = Math.min(burst, tokens + ((nowMs - filledAtMs) / 1000) * perSecond);
      filledAtMs = nowMs;
      if (tokens < 1) {
        dropped++;
        onDropped?.();
        return undefined;
      }
      tokens--;
      const before = dropped;
      dropped = 0;
      return before;
    },
  };
}

// Terminal escapes, line breaks of every kind, and marks that reorder or hide text on a screen.
const UNSAFE = /[\\\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|\p{Surrogate}/gu;
const SHORT_FORMS: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** `text` on one line, with every character that could deceive a reader written as an escape. */
export function escapeGuestText(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? text.slice(0, maxLength) : text;
  const escaped = cut.replace(UNSAFE, (char) => SHORT_FORMS.get(char) ?? unicodeEscape(char));
  return cut.length === text.length ? escaped : `${escaped}… (${text.length - maxLength} more characters)`;
}

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
