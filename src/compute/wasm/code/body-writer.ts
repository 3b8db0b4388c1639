import { type BranchHintRecorder, type GivenHints, UNLIKELY } from './branch-hints.ts';
import { ByteWriter } from '../format/index.ts';
import { CodeMapRecorder } from './code-map.ts';
import type { FlagCheck } from './flag-check.ts';

/**
 * Writes function bodies one after the other: the bytes of the original piece by piece, with flag checks and other function
 * indices between them. Keeps account of where each piece went, and which branches are unlikely.
 */
export class BodyWriter {
  /** Checks put in so far. */
  checks = 0;
  /** Where everything went. */
  readonly map: CodeMapRecorder = new CodeMapRecorder();
  readonly #source: Uint8Array;
  readonly #check: FlagCheck;
  readonly #given: GivenHints;
  readonly #hints: BranchHintRecorder;
  readonly #body: ByteWriter;
  /** Bytes of the original before this one are written. */
  #copied = 0;

  /**
   * @param source the original module. @param given the hints that it brings. @param hints where all hints are noted.
   * @param maxBytes how long one body may become.
   */
  constructor(source: Uint8Array, check: FlagCheck, given: GivenHints, hints: BranchHintRecorder, maxBytes: number) {
    this.#source = source;
    this.#check = check;
    this.#given = given;
    this.#hints = hints;
    this.#body = new ByteWriter(maxBytes, 1 << 16);
  }

  /** Begins function `index` of the original, whose body begins at byte `start`. Indices ascend. */
  begin(index: number, start: number): void {
    this.#body.clear();
    this.#copied = start;
    this.#given.enter(index, start);
  }

  /** Copies what there is before byte `end` of the original. @throws {WasmError} WASM_REWRITTEN_TOO_LARGE, as all that write. */
  copyTo(end: number): void {
    if (end > this.#copied) this.map.mark(this.#body.length, this.#copied);
    this.#body.copy(this.#source, this.#copied, end);
    this.#copied = end;
  }

  /** Writes `value` in place of bytes `start` up to, not including, `end`. */
  replace(start: number, end: number, value: number): void {
    this.copyTo(start);
    this.#body.u32(value);
    this.#copied = end;
  }

  /** Puts in a flag check before byte `at`; stack and locals are as they were. */
  checkAt(at: number): void {
    this.copyTo(at);
    const { code, ifAt } = this.#check;
    this.#hints.note(this.#body.length + ifAt, UNLIKELY);
    this.#body.copy(code, 0, code.length);
    this.checks++;
  }

  /** What the module says of its own branch at byte `at`, which is not written yet, holds where it goes. */
  keepHint(at: number): void {
    const value = this.#given.of(at);
    if (value !== undefined) this.#hints.note(this.#body.length + at - this.#copied, value);
  }

  /** Ends the body at byte `end` and appends it, its length before it, to `code`; it is function `index` of the rewritten module. */
  end(end: number, index: number, code: ByteWriter): void {
    this.copyTo(end);
    code.sized(this.#body);
    this.map.place(code.length - this.#body.length);
    this.#hints.place(index);
  }
}
