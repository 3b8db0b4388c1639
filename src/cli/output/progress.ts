import type { Style } from './style.ts';
import { visible } from './visible.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;

/** Where progress is shown. */
export interface ProgressOptions {
  /** A spinner in place; otherwise each message is a line. */
  readonly animated: boolean;
  readonly silent: boolean;
  readonly write: (text: string) => unknown;
  readonly style: Style;
}

/** Says that a command is at work, and at what. */
export class Progress {
  readonly #options: ProgressOptions;
  #timer: NodeJS.Timeout | undefined;
  #message: string;
  #frame = 0;

  constructor(message: string, options: ProgressOptions) {
    this.#options = options;
    this.#message = visible(message);
    if (options.animated) {
      this.#timer = setInterval(() => this.#draw(), FRAME_MS);
      this.#timer.unref();
      this.#draw();
    } else if (!options.silent) options.write(`    ${this.#message}\n`);
  }

  /** What is being done now. */
  update(said: string): void {
    const message = visible(said);
    if (message === this.#message) return;
    this.#message = message;
    if (this.#options.animated) this.#draw();
    else if (!this.#options.silent) this.#options.write(`    ${message}\n`);
  }

  /** Makes room for a line; the spinner comes back with its next frame. */
  clear(): void {
    if (this.#timer !== undefined) this.#options.write('\r\u001b[K');
  }

  /** Takes the spinner away. */
  done(): void {
    this.clear();
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.done();
  }

  #draw(): void {
    const glyph = FRAMES[this.#frame++ % FRAMES.length] ?? '';
    this.#options.write(`\r\u001b[K  ${this.#options.style.info(glyph)} ${this.#message}`);
  }
}
