/**
 * Results on their way to the main thread. Most are bytes and a few numbers, which go into one row; what is more than that
 * goes beside it.
 */
import type { FieldDenials } from '../../abi/index.ts';
import { type BytePack, numbersOf } from './byte-pack.ts';
import { Numbers } from './numbers.ts';
import type { PackedOutcome } from './wire.ts';

/** How one call ended. */
export interface CallEnd {
  readonly call: number;
  readonly outcome: PackedOutcome;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly hostCalls: number;
  /** From its arrival in the thread until its instance was made, and what of that was spent in its slice. */
  readonly startMs: number;
  readonly setupMs: number;
  readonly denials: FieldDenials | undefined;
}

/** What does not fit the row. */
type Detail = readonly [PackedOutcome, FieldDenials | undefined];

/** Results as they cross. */
export interface PackedEnds {
  /** How many numbers the pack of the message has. */
  readonly numbers: number;
  /** Of the results that have one, in their order. */
  readonly details: readonly Detail[];
}

/** What stands for the outcome in the row: nothing was returned, or these bytes were; or it is among the details. */
const Kind = { nothing: 0, bytes: 1, detail: 2 } as const;
const SIZE = 9;

/** Collects results for one message. */
export class EndWriter {
  readonly #pack: BytePack;
  readonly #numbers = new Numbers();
  #details: Detail[] = [];

  /** @param pack takes the bytes, others' as well. */
  constructor(pack: BytePack) {
    this.#pack = pack;
  }

  /** Whether there is none. */
  get empty(): boolean {
    return this.#numbers.length === 0;
  }

  /** Adds a result, whose bytes are in the pack already. */
  add({ call, outcome, cpuMs, memoryBytes, hostCalls, startMs, setupMs, denials }: CallEnd): void {
    const plain =
      outcome[0] === 'output' && outcome[2] === undefined && outcome[3] === undefined && denials === undefined;
    const bytes = plain ? outcome[1] : undefined;
    if (!plain) this.#details.push([outcome, denials]);
    const numbers = this.#numbers;
    numbers.push(call);
    numbers.push(plain ? (bytes === undefined ? Kind.nothing : Kind.bytes) : Kind.detail);
    numbers.push(bytes?.[0] ?? 0);
    numbers.push(bytes?.[1] ?? 0);
    numbers.push(cpuMs);
    numbers.push(memoryBytes);
    numbers.push(hostCalls);
    numbers.push(startMs);
    numbers.push(setupMs);
  }

  /** What has been collected, and the finished pack; this object and the pack are empty afterwards. */
  finish(): { readonly ends: PackedEnds; readonly bytes: ArrayBuffer } {
    const row = this.#numbers.take();
    const ends = { numbers: row.length, details: this.#details };
    if (this.#details.length > 0) this.#details = [];
    return { ends, bytes: this.#pack.finish(row) };
  }
}

/** The results of one message, in their order. */
export function readEnds({ numbers, details }: PackedEnds, bytes: ArrayBuffer): CallEnd[] {
  const ends: CallEnd[] = [];
  if (numbers === 0) return ends;
  const row = numbersOf(bytes, numbers);
  let next = 0;
  for (let at = 0; at < row.length; at += SIZE) {
    const kind = row[at + 1] as number;
    const detail = kind === Kind.detail ? details[next++] : undefined;
    const output = kind === Kind.bytes ? ([row[at + 2] as number, row[at + 3] as number] as const) : undefined;
    ends.push({
      call: row[at] as number,
      outcome: detail?.[0] ?? ['output', output, undefined, undefined],
      cpuMs: row[at + 4] as number,
      memoryBytes: row[at + 5] as number,
      hostCalls: row[at + 6] as number,
      startMs: row[at + 7] as number,
      setupMs: row[at + 8] as number,
      denials: detail?.[1],
    });
  }
  return ends;
}
