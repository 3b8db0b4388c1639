import { BRANCH_HINTS, type ByteRange, ByteReader, ByteWriter } from '../format/index.ts';
import { WasmError } from '../errors.ts';

/** Specification constants: what is said of an `if` or `br_if`. */
export const UNLIKELY = 0;
const LIKELY = 1;
const HINT_BYTES = 1;

/** Ours: an engine keeps some 30 bytes for each hint; real modules of 14 MB have some 200 000 branches of loops and functions. */
const MAX_HINTS = 1_000_000;

/**
 * The hints that a module brings itself, read along with its functions. They change no meaning, so a section that is
 * malformed counts as none, as it does for an engine.
 */
export class GivenHints {
  readonly #reader: ByteReader;
  #functionsLeft = 0;
  /** The function that the next hint is about; infinite behind the last one. */
  #function = Number.POSITIVE_INFINITY;
  #hintsLeft = 0;
  /** Where the body of the present function begins. */
  #bodyStart = 0;
  /** The next hint of the present function: an offset into its body, infinite behind the last one. */
  #offset = Number.POSITIVE_INFINITY;
  #value = UNLIKELY;

  /** @param range what follows the title of the section; undefined when there is none. */
  constructor(bytes: Uint8Array, range: ByteRange | undefined) {
    this.#reader = new ByteReader(bytes);
    if (range === undefined || !isWellFormed(this.#reader, range)) return;
    this.#reader.window(range.start, range.end);
    this.#functionsLeft = this.#reader.u32();
    this.#nextFunction();
  }

  /** Goes on to function `index`, whose body begins at byte `bodyStart` with the count of its locals. Indices ascend. */
  enter(index: number, bodyStart: number): void {
    this.#bodyStart = bodyStart;
    while (this.#function < index) {
      while (this.#hintsLeft > 0) this.#nextHint();
      this.#nextFunction();
    }
    if (this.#function === index) this.#nextHint();
    else this.#offset = Number.POSITIVE_INFINITY;
  }

  /** What is said of the branch at byte `at` of the present function; places ascend. Undefined when there is no hint. */
  of(at: number): number | undefined {
    const offset = at - this.#bodyStart;
    while (this.#offset < offset) this.#nextHint();
    return this.#offset === offset ? this.#value : undefined;
  }

  #nextFunction(): void {
    if (this.#functionsLeft === 0) {
      this.#function = Number.POSITIVE_INFINITY;
      return;
    }
    this.#functionsLeft--;
    this.#function = this.#reader.u32();
    this.#hintsLeft = this.#reader.u32();
  }

  #nextHint(): void {
    if (this.#hintsLeft === 0) {
      this.#offset = Number.POSITIVE_INFINITY;
      return;
    }
    this.#hintsLeft--;
    this.#offset = this.#reader.u32();
    this.#reader.skip(HINT_BYTES);
    this.#value = this.#reader.u8();
  }
}

/** Collects the hints of a rewritten module while its functions are written one after the other (`wasm.md` §5.6). */
export class BranchHintRecorder {
  readonly #functions: ByteWriter;
  readonly #hints: ByteWriter;
  /** Functions that have hints. */
  #count = 0;
  #hintsOfFunction = 0;
  #total = 0;

  /** @param maxBytes how long they may become together. */
  constructor(maxBytes: number) {
    this.#functions = new ByteWriter(maxBytes, 1024);
    this.#hints = new ByteWriter(maxBytes, 1024);
  }

  /**
   * Says of the branch at `offset` of the body that is being written whether it is taken; offsets ascend. One too many
   * is left out. @throws {WasmError} WASM_REWRITTEN_TOO_LARGE
   */
  note(offset: number, value: number): void {
    if (this.#total === MAX_HINTS) return;
    this.#total++;
    this.#hintsOfFunction++;
    this.#hints.u32(offset);
    this.#hints.u32(HINT_BYTES);
    this.#hints.u8(value);
  }

  /** The function that was being written is number `index` of the rewritten module. @throws {WasmError} WASM_REWRITTEN_TOO_LARGE */
  place(index: number): void {
    if (this.#hintsOfFunction === 0) return;
    this.#functions.u32(index);
    this.#functions.u32(this.#hintsOfFunction);
    this.#functions.append(this.#hints);
    this.#hints.clear();
    this.#hintsOfFunction = 0;
    this.#count++;
  }

  /** Appends the section, unless it would be empty. @throws {WasmError} WASM_REWRITTEN_TOO_LARGE */
  writeTo(writer: ByteWriter, section: ByteWriter): void {
    if (this.#count === 0) return;
    section.clear();
    section.name(BRANCH_HINTS);
    section.u32(this.#count);
    section.append(this.#functions);
    writer.u8(0);
    writer.sized(section);
  }
}

function isWellFormed(reader: ByteReader, range: ByteRange): boolean {
  try {
    reader.window(range.start, range.end);
    let lastFunction = -1;
    for (let functions = reader.u32(); functions > 0; functions--) {
      const index = reader.u32();
      if (index <= lastFunction) return false;
      lastFunction = index;
      let lastOffset = -1;
      for (let hints = reader.u32(); hints > 0; hints--) {
        const offset = reader.u32();
        if (offset <= lastOffset || reader.u32() !== HINT_BYTES || reader.u8() > LIKELY) return false;
        lastOffset = offset;
      }
    }
    return reader.done;
  } catch (error) {
    if (error instanceof WasmError) return false;
    throw error;
  }
}
