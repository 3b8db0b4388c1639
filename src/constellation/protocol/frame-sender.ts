import { concatAll, EMPTY } from '../../kernel/index.ts';
import {
  FLAG_ABANDONED,
  FLAG_MORE,
  FLAG_OPTIONAL,
  FRAGMENT_BYTES,
  FRAME,
  type FrameType,
  HEADER_BYTES,
} from './frame.ts';

/** Ours: a batch is sealed and sent when it has grown to this. */
const BATCH_BYTES = 48 * 1024;
/**
 * Ours: what collects while the link asks to wait is sent in messages of about so many bytes. In one piece it could be more than a message
 * may have (`tcp-transport.md` §3), and the session would end.
 */
const MOST_BYTES = 1024 * 1024;
/** Ours: up to this length a body is copied behind its header; a message of few parts is sealed faster. */
const COPIED_BYTES = 2048;
const CHUNK_BYTES = 16 * 1024;
/**
 * Ours: long bodies that are on their way at a time, bytes, for each of two sizes, so that a call need not wait for modules. Together
 * they stay below what a receiver keeps of bodies that have not come to their end (`constellation.md` §2.3).
 */
const MIDDLING_BYTES = 1024 * 1024;
const MIDDLING_ON_THE_WAY = 48 * 1024 * 1024;
const LARGE_ON_THE_WAY = 128 * 1024 * 1024;

/** What a sender needs. */
export interface FrameSenderOptions {
  /** Sends one channel message made of `parts`, which it owns from then on; a promise asks to wait before the next. */
  readonly send: (parts: readonly Uint8Array[]) => void | Promise<void>;
  /** Runs `flush` once all that is ready in this turn has run; `setImmediate` outside of tests. */
  readonly defer: (flush: () => void) => void;
}

/** A long body on its way, a fragment in each round. */
interface LongBody {
  readonly type: FrameType;
  readonly id: number;
  readonly body: Uint8Array;
  readonly lane: Lane;
  offset: number;
}

/** Long bodies of about one size: those that wait until others of them are through, in their order. */
interface Lane {
  readonly most: number;
  waiting: LongBody[];
  /** Bytes of those that have begun and not ended. */
  begun: number;
}

/** Whole frames that leave in one message. */
interface Batch {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

/**
 * Collects the frames of one turn into one channel message, because sealing a message costs more than its bytes
 * (`constellation.md` §2.2). Long bodies go out in fragments, one of each in turn, so that a module on its way to a Sat
 * does not hold up the calls; while the link asks to wait, nothing is sealed and frames collect here.
 */
export class FrameSender {
  readonly #options: FrameSenderOptions;
  /** Finished parts of the batch; what of it is at `#start … #end` of the chunk is not among them. */
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  /** Full batches, which wait for the link. */
  #full: Batch[] = [];
  #chunk: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** On their way: begun, or to begin in the next round. */
  #long: LongBody[] = [];
  readonly #middling: Lane = { most: MIDDLING_ON_THE_WAY, waiting: [], begun: 0 };
  readonly #large: Lane = { most: LARGE_ON_THE_WAY, waiting: [], begun: 0 };
  #pendingBytes = 0;
  #deferred = false;
  #waiting = false;
  #closed = false;

  constructor(options: FrameSenderOptions) {
    this.#options = options;
  }

  /** Bytes that were given and have not been handed to the link; the owner bounds them by refusing new work. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** Queues a frame; `body` is the sender's from then on. Frames up to 32 KiB keep their order. */
  push(type: FrameType, id: number, body: Uint8Array = EMPTY): void {
    if (this.#closed) return;
    if (body.length > FRAGMENT_BYTES) {
      this.#pendingBytes += body.length;
      const lane = body.length <= MIDDLING_BYTES ? this.#middling : this.#large;
      lane.waiting.push({ type, id, body, lane, offset: 0 });
      this.#begin(lane);
    } else this.#append(type, id, 0, body);
    this.#schedule();
  }

  /**
   * Gives up a frame of more than 32 KiB that is still on its way, as for a call whose client has gone.
   * @returns whether the receiver will never see it.
   */
  drop(type: FrameType, id: number): boolean {
    let dropped: LongBody | undefined;
    for (const list of [this.#long, this.#middling.waiting, this.#large.waiting]) {
      const index = list.findIndex((long) => long.type === type && long.id === id);
      if (index < 0) continue;
      [dropped] = list.splice(index, 1);
      if (dropped === undefined) break;
      if (list === this.#long) this.#leave(dropped);
      else this.#begin(dropped.lane);
      break;
    }
    if (dropped === undefined) return false;
    this.#pendingBytes -= dropped.body.length - dropped.offset;
    if (dropped.offset > 0) {
      this.#append(type, id, FLAG_ABANDONED, EMPTY);
      this.#schedule();
    }
    return true;
  }

  /** Ids of the frames of `type` that were not, or not to their end, handed to the link. */
  unsent(type: FrameType): ReadonlySet<number> {
    const ids = new Set<number>();
    for (const list of [this.#long, this.#middling.waiting, this.#large.waiting]) {
      for (const long of list) if (long.type === type) ids.add(long.id);
    }
    const waiting = [...this.#full.flatMap(({ parts }) => parts), ...this.#batch];
    const batch = concatAll([...waiting, this.#chunk.subarray(this.#start, this.#end)]);
    const view = new DataView(batch.buffer);
    for (let at = 0; at < batch.length; at += HEADER_BYTES + view.getUint32(at + 6, true)) {
      if (batch[at] === type && batch[at + 1] === 0) ids.add(view.getUint32(at + 2, true));
    }
    return ids;
  }

  /** Sends nothing any more. */
  close(): void {
    this.#closed = true;
    this.#batch = [];
    this.#batchBytes = 0;
    this.#full = [];
    this.#chunk = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#long = [];
    for (const lane of [this.#middling, this.#large]) {
      lane.waiting = [];
      lane.begun = 0;
    }
    this.#pendingBytes = 0;
  }

  /** Hands over what has been collected without waiting for the end of the turn. */
  flush(): void {
    while (!this.#closed && !this.#waiting) {
      if (this.#long.length > 0 && this.#full.length === 0) this.#addFragments();
      const next = this.#full.shift() ?? this.#finishBatch();
      if (next.bytes === 0) return;
      this.#pendingBytes -= next.bytes;
      const sent = this.#options.send(next.parts);
      if (sent !== undefined) this.#wait(sent);
    }
  }

  #wait(sent: Promise<void>): void {
    this.#waiting = true;
    const resume = (): void => {
      this.#waiting = false;
      this.flush();
    };
    sent.then(resume, resume);
  }

  #schedule(): void {
    if (this.#waiting) return;
    if (this.#batchBytes >= BATCH_BYTES) {
      this.flush();
      return;
    }
    if (this.#deferred) return;
    this.#deferred = true;
    this.#options.defer(() => {
      this.#deferred = false;
      this.flush();
    });
  }

  #addFragments(): void {
    for (let i = this.#long.length; i > 0 && this.#batchBytes < BATCH_BYTES; i--) {
      const long = this.#long.shift();
      if (long === undefined) return;
      const end = Math.min(long.offset + FRAGMENT_BYTES, long.body.length);
      const more = end < long.body.length;
      this.#pendingBytes -= end - long.offset;
      this.#append(long.type, long.id, more ? FLAG_MORE : 0, long.body.subarray(long.offset, end));
      if (more) {
        long.offset = end;
        this.#long.push(long);
      } else this.#leave(long);
    }
  }

  /** Puts those of `lane` on their way for which there is room; a single one always has it. */
  #begin(lane: Lane): void {
    for (let next = lane.waiting[0]; next !== undefined; next = lane.waiting[0]) {
      if (lane.begun > 0 && lane.begun + next.body.length > lane.most) return;
      lane.waiting.shift();
      lane.begun += next.body.length;
      this.#long.push(next);
    }
  }

  /** `long` is through, or given up. */
  #leave({ lane, body }: LongBody): void {
    lane.begun -= body.length;
    this.#begin(lane);
  }

  #append(type: FrameType, id: number, flags: number, body: Uint8Array): void {
    if (this.#batchBytes >= MOST_BYTES) this.#full.push(this.#finishBatch());
    const copied = body.length <= COPIED_BYTES;
    const size = HEADER_BYTES + (copied ? body.length : 0);
    if (this.#end + size > this.#chunk.length) {
      this.#finishPart();
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#start = 0;
      this.#end = 0;
    }
    this.#writeHeader(type, type === FRAME.log ? flags | FLAG_OPTIONAL : flags, id, body.length);
    if (copied) this.#chunk.set(body, this.#end + HEADER_BYTES);
    this.#end += size;
    if (!copied) {
      this.#finishPart();
      this.#batch.push(body);
    }
    this.#batchBytes += HEADER_BYTES + body.length;
    this.#pendingBytes += HEADER_BYTES + body.length;
  }

  #finishBatch(): Batch {
    this.#finishPart();
    const batch = { parts: this.#batch, bytes: this.#batchBytes };
    this.#batch = [];
    this.#batchBytes = 0;
    return batch;
  }

  #finishPart(): void {
    if (this.#end > this.#start) this.#batch.push(this.#chunk.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #writeHeader(type: number, flags: number, id: number, length: number): void {
    const chunk = this.#chunk;
    const at = this.#end;
    chunk[at] = type;
    chunk[at + 1] = flags;
    chunk[at + 2] = id;
    chunk[at + 3] = id >>> 8;
    chunk[at + 4] = id >>> 16;
    chunk[at + 5] = id >>> 24;
    chunk[at + 6] = length;
    chunk[at + 7] = length >>> 8;
    chunk[at + 8] = length >>> 16;
    chunk[at + 9] = length >>> 24;
  }
}
