/** What a guest thread has to say, collected until the end of the turn. */
import type { RequestChanges } from '../../abi/index.ts';
import type { LogLevel } from '../../capability/index.ts';
import { BytePack } from '../wire/index.ts';
import {
  type FromThread,
  type PackedBytes,
  type PackedChanges,
  type PackedResult,
  type ThreadAsk,
  packChanges,
  packTexts,
} from '../wire/index.ts';

/** Collects log lines, asks and results, and posts them as one message: at the next turn of the event loop, or when told. */
export class Outbox {
  readonly #post: (message: FromThread, transfer: ArrayBuffer[]) => void;
  readonly #pack = new BytePack();
  #logs: [number, LogLevel, string][] = [];
  #asks: [number, ThreadAsk][] = [];
  #results: PackedResult[] = [];
  #scheduled = false;

  constructor(post: (message: FromThread, transfer: ArrayBuffer[]) => void) {
    this.#post = post;
  }

  log(call: number, level: LogLevel, message: string): void {
    this.#schedule();
    this.#logs.push([call, level, message]);
  }

  ask(call: number, ask: ThreadAsk): void {
    this.#schedule();
    this.#asks.push([call, ask]);
  }

  result(result: PackedResult): void {
    this.#schedule();
    this.#results.push(result);
  }

  /** Puts bytes of a coming result into the message; the array must not change afterwards. */
  bytes(bytes: Uint8Array | undefined): PackedBytes | undefined {
    return bytes && [this.#pack.add(bytes), bytes.length];
  }

  texts(map: ReadonlyMap<string, string>): readonly string[] {
    return packTexts(map);
  }

  changes(changes: RequestChanges): PackedChanges {
    return packChanges(changes, this.#pack);
  }

  /** Posts what has been collected, if anything. */
  flush(): void {
    if (this.#logs.length + this.#asks.length + this.#results.length === 0) return;
    const bytes = this.#pack.finish();
    const message: FromThread = { logs: this.#logs, asks: this.#asks, results: this.#results, bytes };
    this.#logs = [];
    this.#asks = [];
    this.#results = [];
    this.#post(message, [bytes]);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
