/**
 * Emphasis: `*a*`, `**a**`, `~~a~~` and the same with `_`. A run of signs may open, close or both, by what stands around it. Closers
 * pair with the nearest opener of their kind; what stands open between the two stays text. Every run is looked at a bounded
 * number of times.
 */
import { isSpace } from './lines';

/** Signs of one kind in a row. */
class Run {
  /** Tags that the run has become, to the left and to the right of the signs that are left. */
  closed: string = '';
  opened: string = '';

  constructor(
    /** Its place among the parts. */
    readonly part: i32,
    readonly sign: i32,
    public count: i32,
    readonly opens: bool,
    readonly closes: bool,
  ) {}

  html(): string {
    return this.closed + String.fromCharCode(this.sign).repeat(this.count) + this.opened;
  }
}

export class Emphasis {
  private readonly runs: Run[] = [];

  /** Runs that were read and not resolved yet. */
  get count(): i32 {
    return this.runs.length;
  }

  /** Reads the run at `at`, leaves an empty place for it in `parts`, and returns where the text goes on. */
  read(text: string, at: i32, parts: string[]): i32 {
    const sign = text.charCodeAt(at);
    let end = at;
    while (end < text.length && text.charCodeAt(end) == sign) end++;
    const before = at == 0 ? 0x20 : text.charCodeAt(at - 1);
    const after = end == text.length ? 0x20 : text.charCodeAt(end);
    const left = !isGap(after) && (!isMark(after) || isGap(before) || isMark(before));
    const right = !isGap(before) && (!isMark(before) || isGap(after) || isMark(after));
    // Inside words an underscore is a letter, as in snake_case.
    const opens = sign == 0x5f ? left && (!right || isMark(before)) : left;
    const closes = sign == 0x5f ? right && (!left || isMark(after)) : right;
    const usable = sign != 0x7e || end - at == 2;
    this.runs.push(new Run(parts.length, sign, end - at, opens && usable, closes && usable));
    parts.push('');
    return end;
  }

  /** Settles all runs from number `from` on and forgets them. */
  resolve(parts: string[], from: i32): void {
    const open = new Array<Run>();
    /** How many of `open` have a sign, so that nobody searches for one in vain. */
    const waiting = new Map<i32, i32>();
    for (let i = from; i < this.runs.length; i++) {
      const run = this.runs[i];
      while (run.closes && run.count > 0 && waiting.has(run.sign) && waiting.get(run.sign) > 0) {
        while (open[open.length - 1].sign != run.sign) forget(open, waiting);
        const opener = open[open.length - 1];
        pair(opener, run);
        if (opener.count == 0) forget(open, waiting);
      }
      if (run.opens && run.count > 0) {
        open.push(run);
        waiting.set(run.sign, (waiting.has(run.sign) ? waiting.get(run.sign) : 0) + 1);
      }
    }
    while (this.runs.length > from) {
      const run = this.runs.pop();
      parts[run.part] = run.html();
    }
  }
}

function forget(open: Run[], waiting: Map<i32, i32>): void {
  const run = open.pop();
  waiting.set(run.sign, waiting.get(run.sign) - 1);
}

/** Signs nearest to the text pair first, so each new tag lies around those before. */
function pair(opener: Run, closer: Run): void {
  const strong = opener.count >= 2 && closer.count >= 2;
  const tag = opener.sign == 0x7e ? 'del' : strong ? 'strong' : 'em';
  opener.count -= strong ? 2 : 1;
  closer.count -= strong ? 2 : 1;
  opener.opened = '<' + tag + '>' + opener.opened;
  closer.closed += '</' + tag + '>';
}

function isGap(code: i32): bool {
  return isSpace(code) || code == 0x0a || code == 0xa0;
}

/** ASCII signs that are no letters or digits. */
function isMark(code: i32): bool {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  );
}
