/** Ours: a module whose code is in more pieces is not mapped; real ones of 14 MB have some 200 000. */
const MAX_PIECES = 1_000_000;

/** Where the code of a rewritten module stood in the original (`wasm.md` §5.5). Plain data: it can be posted to a worker. */
export interface CodeMap {
  /** Functions from here on are one higher in the rewritten module. */
  readonly importedFunctions: number;
  /** Functions of the original, imported ones included: what comes after them was put in. */
  readonly functions: number;
  /** Where each piece of copied code begins in the rewritten module, ascending; empty when there are too many. */
  readonly rewritten: Uint32Array;
  /** Where the same pieces begin in the original. */
  readonly original: Uint32Array;
}

/** The number in the original of function `index` of the rewritten module; undefined for one that the rewriting put in. */
export function originalFunction({ importedFunctions, functions }: CodeMap, index: number): number | undefined {
  if (index === importedFunctions || index > functions) return undefined;
  return index < importedFunctions ? index : index - 1;
}

/**
 * The offset in the original of the instruction at `offset` of the rewritten module; for one that the rewriting put in, of
 * the instruction behind it. Undefined outside of the code, and when the module is not mapped.
 */
export function originalOffset({ rewritten, original }: CodeMap, offset: number): number | undefined {
  let low = 0;
  let high = rewritten.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rewritten[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  if (low === 0) return undefined;
  const within = (original[low - 1] as number) + (offset - (rewritten[low - 1] as number));
  const next = original[low];
  return next === undefined ? within : Math.min(within, next);
}

/** Collects a {@link CodeMap} while functions are rewritten one after the other. */
export class CodeMapRecorder {
  #rewritten = new Uint32Array(1024);
  #original = new Uint32Array(1024);
  #count = 0;
  /** Pieces before this one are where they will be in the code section. */
  #placed = 0;
  #tooMany = false;

  /** Code from `original` on is copied to `rewritten`, counted from the start of the function that is being written. */
  mark(rewritten: number, original: number): void {
    const last = this.#count - 1;
    if (last >= this.#placed) {
      const isSamePiece = this.#delta(last) === rewritten - original;
      if (isSamePiece) return;
    }
    if (this.#tooMany || this.#count === MAX_PIECES) {
      this.#tooMany = true;
      return;
    }
    if (this.#count === this.#rewritten.length) {
      this.#rewritten = grown(this.#rewritten);
      this.#original = grown(this.#original);
    }
    this.#rewritten[this.#count] = rewritten;
    this.#original[this.#count++] = original;
  }

  /** The function that was being written begins at `start` of the code section. */
  place(start: number): void {
    this.#move(this.#placed, start);
    this.#placed = this.#count;
  }

  /** The map of a module with so many functions, with bodies that begin at `start` of the rewritten one. */
  finish(importedFunctions: number, functions: number, start: number): CodeMap {
    this.#move(0, start);
    const count = this.#tooMany ? 0 : this.#count;
    return {
      importedFunctions,
      functions,
      rewritten: this.#rewritten.slice(0, count),
      original: this.#original.slice(0, count),
    };
  }

  #delta(piece: number): number {
    return (this.#rewritten[piece] as number) - (this.#original[piece] as number);
  }

  #move(from: number, by: number): void {
    for (let i = from; i < this.#count; i++) this.#rewritten[i] = (this.#rewritten[i] as number) + by;
  }
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.min(array.length * 2, MAX_PIECES));
  larger.set(array);
  return larger;
}
