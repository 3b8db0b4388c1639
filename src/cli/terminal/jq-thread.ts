/** The thread that runs jq: queries of a user may take forever or all memory, and then only the thread is ended. */
import { parentPort } from 'node:worker_threads';

/** What it is asked. */
export interface JqCall {
  readonly query: string;
  /** JSON text; empty to look at the query alone. */
  readonly input: string;
  readonly flags: readonly string[];
}

/** What it answers: results, or what jq says when there is none. */
export type JqAnswer = { readonly text: string } | { readonly complaint: string };

/** The wrapper around jq takes its input with `slice(1)`, byte by byte; a copy of all the rest for each byte takes minutes. */
class Consumed extends Uint8Array<ArrayBuffer> {
  override slice(start?: number): Consumed {
    return this.subarray(start);
  }
}

/** Ours: more than that is no result to read; arrays of bytes are not part of the heap that the thread is limited to. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;
const FIRST_CAPACITY = 4096;

/** An output whose length was read and that was not yet lengthened; the very next array is its successor. */
const growing: { output?: Written | undefined } = {};

/**
 * The wrapper collects its output with a new array for each byte, one byte longer, into which it copies the one before: minutes for a
 * megabyte. Here the longer one is a view of the same memory, and the copy, of something that is there already, is left out.
 */
class Written extends Uint8Array<ArrayBuffer> {
  #isLengthened = false;

  override get length(): number {
    if (!this.#isLengthened) growing.output = this;
    return this.byteLength;
  }

  override set(source: ArrayLike<number>, offset?: number): void {
    if (source instanceof Written && source.buffer === this.buffer) return;
    super.set(source, offset);
  }

  /** One byte longer; memory is doubled when it is full. */
  lengthened(): Written {
    const length = this.byteLength + 1;
    if (length > MAX_OUTPUT_BYTES) {
      const answered: JqAnswer = { complaint: `the results have more than ${MAX_OUTPUT_BYTES} bytes` };
      parentPort?.postMessage(answered, []);
      // jq would take an exception for a fault of its file and go on with the next byte: only the end of the thread ends it.
      process.exit(1);
    }
    this.#isLengthened = true;
    if (length <= this.buffer.byteLength) return new Written(this.buffer, 0, length);
    const larger = new Written(new ArrayBuffer(this.buffer.byteLength * 2), 0, length);
    larger.set(this);
    return larger;
  }
}

globalThis.Uint8Array = new Proxy(Uint8Array, {
  construct: (target, args: readonly unknown[], newTarget) => {
    const before = growing.output;
    growing.output = undefined;
    const [size] = args;
    if (args.length === 1 && size === 0) return new Written(new ArrayBuffer(FIRST_CAPACITY), 0, 0);
    if (args.length === 1 && before !== undefined && size === before.byteLength + 1) return before.lengthened();
    return Reflect.construct(target, args, newTarget);
  },
});

globalThis.TextEncoder = class extends TextEncoder {
  override encode(text?: string): Consumed {
    const { buffer, byteOffset, length } = super.encode(text);
    return new Consumed(buffer, byteOffset, length);
  }
};

const { raw } = await import('jq-wasm');

parentPort?.on(
  'message',
  (call: JqCall) => void answer(call).then((answered) => parentPort?.postMessage(answered, [])),
);

async function answer({ query, input, flags }: JqCall): Promise<JqAnswer> {
  try {
    // A query that begins with a dash is no flag.
    return { text: await raw(input, ` ${query}`, [...flags]) };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { complaint: text.replace(/^Failed to execute raw query: /, '') };
  }
}
