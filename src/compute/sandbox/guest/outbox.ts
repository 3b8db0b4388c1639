/** What a guest thread has to say, collected until the end of the turn. */
import type { RequestChanges } from '../../abi/index.ts';
import type { LogLevel } from '../../capability/index.ts';
import {
  BytePack,
  type CallEnd,
  EndWriter,
  type FromThread,
  type PackedBytes,
  type PackedChanges,
  type ThreadAsk,
  packChanges,
  packTexts,
} from '../wire/index.ts';

/** Collects log lines, asks and results, and posts them as one message: when told, at the latest at the next turn of the event loop. */
export class Outbox {
  readonly #post: (message: FromThread, transfer: ArrayBuffer[]) => void;
  readonly #pack = new BytePack();
  readonly #ends = new EndWriter(this.#pack);
  #logs: [number, LogLevel, string][] = [];
  #asks: [number, ThreadAsk][] = [];
  readonly #toldSoon: () => boolean;
  #scheduled = false;

  /** @param toldSoon whether somebody will call {@link Outbox.flush} before the next turn of the event loop anyway. */
  constructor(post: (message: FromThread, transfer: ArrayBuffer[]) => void, toldSoon: () => boolean) {
    this.#post = post;
    this.#toldSoon = toldSoon;
  }

  log(call: number, level: LogLevel, message: string): void {
    this.#schedule();
    this.#logs.push([call, level, message]);
  }

  ask(call: number, ask: ThreadAsk): void {
    this.#schedule();
    this.#asks.push([call, ask]);
  }

  end(end: CallEnd): void {
    this.#schedule();
    this.#ends.add(end);
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
    if (this.#ends.empty && this.#logs.length + this.#asks.length === 0) return;
    const { ends, bytes } = this.#ends.finish();
    const message: FromThread = { logs: this.#logs, asks: this.#asks, ends, bytes };
    if (this.#logs.length > 0) this.#logs = [];
    if (this.#asks.length > 0) this.#asks = [];
    this.#post(message, [bytes]);
  }

  #schedule(): void {
    if (this.#scheduled || this.#toldSoon()) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.flush();
    });
  }
}
