/** Runs two contestants alternately and says what came of it: medians and their ratio, which holds when the machine's speed drifts. */

/** One measured thing: resolves to a number, more is better. */
export type Contestant = () => Promise<number>;

/** What is compared. */
export interface Comparison {
  readonly title: string;
  readonly unit: string;
  readonly ours: Contestant;
  readonly theirs: Contestant;
  readonly peer: string;
  /** The ratio that we want to reach, if there is one. */
  readonly goal?: number;
  readonly rounds?: number;
}

/** Measures both, one after the other, `rounds` times after one round that does not count; prints a line. */
export async function compare(comparison: Comparison): Promise<number> {
  const { title, unit, ours, theirs, peer, goal, rounds = 5 } = comparison;
  const [own, other]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const values = [await ours(), await theirs()] as const;
    if (round === 0) continue;
    own.push(values[0]);
    other.push(values[1]);
  }
  const ratio = median(own.map((value, i) => value / (other[i] ?? value)));
  console.log(
    `${title.padEnd(44)} perigee ${show(median(own))} ${unit} · ${peer} ${show(median(other))} ${unit} · ` +
      `ratio ${ratio.toFixed(2)}${goal === undefined ? '' : ` (goal ${goal}) ${ratio >= goal ? 'met' : 'missed'}`}`,
  );
  return ratio;
}

/** The middle of `values`. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function show(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(1);
}
