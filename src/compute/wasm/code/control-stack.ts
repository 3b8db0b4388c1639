/**
 * Follows the nesting of blocks and the height of the operand stack through one function, to add up what compiling it
 * will cost (`wasm.md` §4.2).
 *
 * The attack: a baseline compiler saves the place of every local and operand at every branch target, so that 100 kB of
 * code with 10 000 operands and 10 000 blocks take a gigabyte and seconds that neither the flag nor `terminate()` can
 * interrupt. Types are not checked here; for code that an engine would refuse the numbers mean nothing and do no harm.
 */
export class ControlStack {
  /** Blocks that are open, the function's own included. */
  depth = 0;
  /** Operands on the stack. */
  height = 0;
  /** Height at which the innermost block began, below which it never sinks. */
  base = 0;
  /** Units spent in this function so far. */
  effort = 0;
  #locals = 0;
  readonly #bases: number[] = [];
  readonly #params: number[] = [];
  readonly #results: number[] = [];
  readonly #loops: boolean[] = [];

  /** Starts a function of `locals` locals, parameters included, and `results` results. */
  begin(locals: number, results: number): void {
    this.depth = 0;
    this.height = 0;
    this.effort = 0;
    this.#locals = locals;
    this.open(0, results, false);
  }

  /** Changes the height; in unreachable code operands come from nowhere, so it never sinks below the block's own. */
  move(effect: number): void {
    this.height = Math.max(this.base, this.height + effect);
  }

  /** Code after this place is unreachable until the block ends. */
  leave(): void {
    this.height = this.base;
  }

  /** Enters a block. */
  open(params: number, results: number, loop: boolean): void {
    this.spend(params);
    this.move(-params);
    this.base = this.height;
    this.#bases[this.depth] = this.height;
    this.#params[this.depth] = params;
    this.#results[this.depth] = results;
    this.#loops[this.depth] = loop;
    this.depth++;
    this.height += params;
  }

  /** Goes on in the other arm of an `if`. */
  otherwise(): void {
    this.handle(this.#params[this.depth - 1] as number);
  }

  /** Goes on in a handler that finds `payload` operands. */
  handle(payload: number): void {
    this.spend(this.#results[this.depth - 1] as number);
    this.height = this.base + payload;
  }

  /** Leaves the innermost block; false when it was the function's own. */
  close(): boolean {
    const results = this.#results[this.depth - 1] as number;
    this.spend(results);
    this.height = this.base + results;
    this.depth--;
    if (this.depth === 0) return false;
    this.base = this.#bases[this.depth - 1] as number;
    return true;
  }

  /** Pays for a branch to the `label`-th block from the inside, which must be below `depth`. */
  branch(label: number): void {
    const target = this.depth - 1 - label;
    this.spend((this.#loops[target] === true ? this.#params[target] : this.#results[target]) as number);
  }

  /** Pays for one place where control splits or joins and `moved` operands are carried over. */
  spend(moved: number): void {
    this.effort += this.#locals + this.height + moved;
  }
}
