import { Queue } from '../../../kernel/index.ts';
import type { Door } from './admission.ts';

/** What decides whose turn it is beside the lines themselves, and takes those whose turn has come. */
export interface TurnRules<M, W> {
  /** Whether one more call of `module` may be in flight now. */
  readonly mayStart: (module: M) => boolean;
  /** Whether `caller` may have one more call in flight now. */
  readonly mayGo: (caller: string) => boolean;
  readonly start: (waiter: W) => void;
}

/**
 * The lines before the doors of all modules: modules take turns, and the callers of each, so that nobody with many calls in
 * line starves the others (`docs/sandbox.md` §2.2).
 */
export class Lines<M extends { readonly door: Door<W> }, W extends object | string | number> {
  /** Modules with calls in line, in the order in which their turn comes. */
  readonly #turns = new Queue<M>();
  /** The same. */
  readonly #modules = new Set<M>();
  readonly #rules: TurnRules<M, W>;

  constructor(rules: TurnRules<M, W>) {
    this.#rules = rules;
  }

  /** Whether no module has anybody in line. */
  get empty(): boolean {
    return this.#turns.size === 0;
  }

  /** How many wait. */
  get waiting(): number {
    let waiting = 0;
    for (const { door } of this.#turns) waiting += door.waiting;
    return waiting;
  }

  /** A call waits at the door of `module`. */
  add(module: M): void {
    if (this.#modules.has(module)) return;
    this.#modules.add(module);
    this.#turns.push(module);
  }

  /** Starts whoever may go now. */
  serve(): void {
    const { mayStart, mayGo, start } = this.#rules;
    for (;;) {
      let next: W | undefined;
      const turn = this.#turns.find((module) => {
        if (!mayStart(module)) return false;
        next = module.door.next(mayGo);
        // Those who waited there may all have given up.
        return next !== undefined || module.door.waiting === 0;
      });
      if (turn === undefined) return;
      this.#turns.delete(turn);
      if (turn.door.waiting > 0) this.#turns.push(turn);
      else this.#modules.delete(turn);
      if (next !== undefined) start(next);
    }
  }

  /** Takes all out, module by module, each when it is asked for. */
  *clear(): Generator<W> {
    for (let module = this.#turns.shift(); module !== undefined; module = this.#turns.shift()) {
      this.#modules.delete(module);
      for (let next = module.door.next(); next !== undefined; next = module.door.next()) yield next;
    }
  }
}
