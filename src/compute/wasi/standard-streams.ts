import type { LogLevel } from '../capability/index.ts';

/** Longest line of a log, characters; a longer one is cut into pieces. */
export const MAX_LINE_BYTES = 8192;

/** What guests write to file descriptors 1 and 2, cut into lines for the log of the call. */
export class StandardStreams {
  readonly #log: (level: LogLevel, message: string) => void;
  readonly #open = new Map<number, { text: string; readonly decoder: TextDecoder }>();

  constructor(log: (level: LogLevel, message: string) => void) {
    this.#log = log;
  }

  /** Takes bytes written to `descriptor`; complete lines, and pieces of 8 KiB, are logged at once. */
  write(descriptor: number, bytes: Uint8Array): void {
    let stream = this.#open.get(descriptor);
    if (stream === undefined) {
      stream = { text: '', decoder: new TextDecoder('utf-8', { ignoreBOM: true }) };
      this.#open.set(descriptor, stream);
    }
    const lines = (stream.text + stream.decoder.decode(bytes, { stream: true })).split('\n');
    stream.text = lines.pop() ?? '';
    for (const line of lines) this.#emit(descriptor, line);
    if (stream.text.length > MAX_LINE_BYTES) {
      this.#emit(descriptor, stream.text);
      stream.text = '';
    }
  }

  /** Logs what is left without a line end, and forgets everything. */
  end(): void {
    for (const [descriptor, stream] of this.#open) if (stream.text !== '') this.#emit(descriptor, stream.text);
    this.#open.clear();
  }

  #emit(descriptor: number, line: string): void {
    for (let start = 0; start === 0 || start < line.length; start += MAX_LINE_BYTES) {
      this.#log(descriptor === 2 ? 'error' : 'info', line.slice(start, start + MAX_LINE_BYTES));
    }
  }
}
