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
