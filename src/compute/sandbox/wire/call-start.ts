/**
 * Calls on their way to their thread: their numbers in one row, their texts in one string, their bytes in one pack. A guest that
 * looks at nothing of its request, as most do, costs its thread nothing for it but these copies.
 *
 * In the row, for each call: how many numbers and UTF-16 units it has, its {@link CallTerms} and where its input is, then
 * of its request, when there is one, the lengths of method, URL and id, and of each map a count and the lengths of each
 * entry; a value of the state has its offset in the pack and its length.
 */
import type { FunctionRequest, RequestView } from '../../abi/index.ts';
import type { WasiSession } from '../../wasi/index.ts';
import { type BytePack, numbersOf, unpack } from './byte-pack.ts';
import { Numbers } from './numbers.ts';

/** Bits of the grants that the thread enforces itself. */
export const Grant = { getField: 1, setField: 2, responseHeaders: 4 } as const;

/** What a thread is told of a call beside its request and input. */
export interface CallTerms {
  readonly call: number;
  readonly module: number;
  /** Bits of {@link Grant}. */
  readonly grants: number;
  readonly deadlineMs: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
  readonly argumentBytes: number;
  readonly hostCallsPerSecond: number;
  readonly logBytes: number;
  /** Largest linear memory, pages. */
  readonly maxPages: number;
  /** Stands for the caller, for fair turns; the same number as long as the caller has calls in flight. */
  readonly caller: number;
  /** What was granted of WASI; where the directories are on the host is not in it. */
  readonly session: WasiSession | undefined;
}

/** Calls as they cross. */
export interface PackedCalls {
  /** How many numbers the pack of the message has. */
  readonly numbers: number;
  readonly texts: string;
  /** Of the calls that have one, in their order. */
  readonly sessions: readonly WasiSession[];
}

/** Numbers of a call before those of its request. */
const HEAD = 17;
/** Ours: a message with so many UTF-16 units takes no further call, far below the longest string of the engine. */
const MAX_TEXT = 1 << 24;

/** Collects calls for one message. */
export class CallWriter {
  readonly #pack: BytePack;
  readonly #numbers = new Numbers();
  #texts = '';
  #sessions: WasiSession[] = [];

  /** @param pack takes the bytes, others' as well. */
  constructor(pack: BytePack) {
    this.#pack = pack;
  }

  /** Whether what has been collected should be sent before anything is added. */
  get full(): boolean {
    return this.#texts.length >= MAX_TEXT;
  }

  /**
   * Adds a call; its bytes must not change before the pack is finished. The body of a request is its input. Of a request that is
   * none, and so throws, nothing stays here.
   */
  add(terms: CallTerms, input: Uint8Array, request: RequestView | undefined): void {
    const numbers = this.#numbers;
    const [start, textStart] = [numbers.length, this.#texts.length];
    numbers.push(0);
    numbers.push(0);
    numbers.push(terms.call);
    numbers.push(terms.module);
    numbers.push(terms.grants);
    numbers.push(terms.deadlineMs);
    numbers.push(terms.cpuMs);
    numbers.push(terms.outputBytes);
    numbers.push(terms.argumentBytes);
    numbers.push(terms.hostCallsPerSecond);
    numbers.push(terms.logBytes);
    numbers.push(terms.maxPages);
    numbers.push(terms.caller);
    numbers.push(this.#pack.add(input));
    numbers.push(input.length);
    numbers.push(terms.session === undefined ? 0 : 1);
    numbers.push(request === undefined ? 0 : 1);
    try {
      if (request !== undefined) this.#request(request);
    } catch (error) {
      numbers.truncate(start);
      this.#texts = this.#texts.slice(0, textStart);
      throw error;
    }
    if (terms.session !== undefined) this.#sessions.push(terms.session);
    numbers.set(start, numbers.length - start);
    numbers.set(start + 1, this.#texts.length - textStart);
  }

  /** What has been collected, and the finished pack; this object and the pack are empty afterwards. */
  finish(): { readonly calls: PackedCalls; readonly bytes: ArrayBuffer } {
    const row = this.#numbers.take();
    const calls = { numbers: row.length, texts: this.#texts, sessions: this.#sessions };
    this.#texts = '';
    if (this.#sessions.length > 0) this.#sessions = [];
    return { calls, bytes: this.#pack.finish(row) };
  }

  #request({ method, url, id, headers, params, state, responseHeaders }: RequestView): void {
    this.#text(method);
    this.#text(url);
    this.#text(id);
    this.#map(headers);
    this.#map(params);
    this.#numbers.push(state.size);
    for (const [name, value] of state) {
      this.#text(name);
      this.#numbers.push(this.#pack.add(value));
      this.#numbers.push(value.length);
    }
    this.#map(responseHeaders);
  }

  #map(map: ReadonlyMap<string, string>): void {
    this.#numbers.push(map.size);
    for (const [name, value] of map) {
      this.#text(name);
      this.#text(value);
    }
  }

  #text(text: string): void {
    this.#numbers.push(text.length);
    this.#texts += text;
  }
}

/** One call as its thread sees it. The pack belongs to it; inputs and bodies are views of it. */
export class CallStart implements CallTerms {
  readonly call: number;
  readonly module: number;
  readonly grants: number;
  readonly deadlineMs: number;
  readonly cpuMs: number;
  readonly outputBytes: number;
  readonly argumentBytes: number;
  readonly hostCallsPerSecond: number;
  readonly logBytes: number;
  readonly maxPages: number;
  readonly caller: number;
  readonly session: WasiSession | undefined;
  /** Whether there is a request. */
  readonly hasRequest: boolean;
  readonly #row: Float64Array;
  readonly #texts: string;
  readonly #bytes: ArrayBuffer;
  /** Where its numbers begin in the row, and its texts. */
  readonly #at: number;
  readonly #textAt: number;

  constructor(
    row: Float64Array,
    at: number,
    texts: string,
    textAt: number,
    bytes: ArrayBuffer,
    session: WasiSession | undefined,
  ) {
    this.call = row[at + 2] as number;
    this.module = row[at + 3] as number;
    this.grants = row[at + 4] as number;
    this.deadlineMs = row[at + 5] as number;
    this.cpuMs = row[at + 6] as number;
    this.outputBytes = row[at + 7] as number;
    this.argumentBytes = row[at + 8] as number;
    this.hostCallsPerSecond = row[at + 9] as number;
    this.logBytes = row[at + 10] as number;
    this.maxPages = row[at + 11] as number;
    this.caller = row[at + 12] as number;
    this.session = session;
    this.hasRequest = row[at + 16] === 1;
    this.#row = row;
    this.#texts = texts;
    this.#bytes = bytes;
    this.#at = at;
    this.#textAt = textAt;
  }

  /** The input, or the body of the request. */
  get input(): Uint8Array {
    return new Uint8Array(this.#bytes, this.#row[this.#at + 13], this.#row[this.#at + 14]);
  }

  /** The request, made anew each time; only when there is one. */
  request(): FunctionRequest {
    return new RequestReader(this.#row, this.#at + HEAD, this.#texts, this.#textAt, this.#bytes).request(this.input);
  }
}

/** The calls of one message, in their order. */
export function readCalls({ numbers, texts, sessions }: PackedCalls, bytes: ArrayBuffer): CallStart[] {
  const calls: CallStart[] = [];
  if (numbers === 0) return calls;
  const row = numbersOf(bytes, numbers);
  let [textAt, session] = [0, 0];
  for (let at = 0; at < row.length; at += row[at] as number) {
    calls.push(new CallStart(row, at, texts, textAt, bytes, row[at + 15] === 1 ? sessions[session++] : undefined));
    textAt += row[at + 1] as number;
  }
  return calls;
}

/** Reads what {@link CallWriter} wrote of a request. */
class RequestReader {
  readonly #row: Float64Array;
  readonly #texts: string;
  readonly #bytes: ArrayBuffer;
  #at: number;
  #textAt: number;

  constructor(row: Float64Array, at: number, texts: string, textAt: number, bytes: ArrayBuffer) {
    this.#row = row;
    this.#at = at;
    this.#texts = texts;
    this.#textAt = textAt;
    this.#bytes = bytes;
  }

  request(body: Uint8Array): FunctionRequest {
    return {
      method: this.#text(),
      url: this.#text(),
      id: this.#text(),
      body,
      headers: this.#map(),
      params: this.#map(),
      state: this.#state(),
      responseHeaders: this.#map(),
    };
  }

  #number(): number {
    return this.#row[this.#at++] as number;
  }

  #text(): string {
    const start = this.#textAt;
    this.#textAt += this.#number();
    return this.#texts.slice(start, this.#textAt);
  }

  #map(): Map<string, string> {
    const map = new Map<string, string>();
    for (let left = this.#number(); left > 0; left--) {
      const name = this.#text();
      map.set(name, this.#text());
    }
    return map;
  }

  #state(): Map<string, Uint8Array> {
    const map = new Map<string, Uint8Array>();
    for (let left = this.#number(); left > 0; left--) {
      const name = this.#text();
      const offset = this.#number();
      map.set(name, unpack(this.#bytes, offset, this.#number()));
    }
    return map;
  }
}
