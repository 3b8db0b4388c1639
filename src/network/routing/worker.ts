import type { Clock } from '../../kernel/index.ts';
import type { AccessControl, Delivery, Terminal } from './access-control.ts';
import type { Address } from './wire/index.ts';
import type { Denial } from './checkpoint.ts';
import { Fifo } from './fifo.ts';
import { compact, joined, type LocalMessage, type OutboundMessage } from './local-message.ts';
import type { Refusal, RefusalReason } from './refusal.ts';

/**
 * What came of a send. `undefined`: taken. A promise: taken, but the destination is busy; await it before sending more
 * (it always resolves). A refusal: not taken; for local use, never to be told to a peer.
 */
export type Sent = undefined | Promise<void> | Refusal;

/** One address of a worker, and the only way to send in its name. */
export interface Mailbox {
  readonly address: Address;
  /**
   * Sends `message` to its first onward hop. Handlers may run before this returns, so keep your own state in order first.
   * Returning what this returns from a handler passes the pressure on to whoever sends to that worker.
   */
  readonly send: (message: OutboundMessage) => Sent;
}

/** An address to register, with the controls at its door. */
export interface MailboxOptions {
  readonly address: Address;
  readonly incoming: AccessControl;
  readonly outgoing: AccessControl;
  /** Set for an address that messages leave this node by. */
  readonly terminal?: Terminal | undefined;
}

/** Handles one message; the next one of this worker waits until the returned promise, if there is one, has settled. */
export type Handle<M extends OutboundMessage = LocalMessage> = (
  message: M,
  to: Mailbox,
  source: Address,
) => Sent | void;

/** A worker to register. */
export interface WorkerOptions {
  /** The primary address. */
  readonly mailbox: MailboxOptions;
  readonly additional?: readonly MailboxOptions[] | undefined;
  readonly handle: Handle;
  /** Called once, when the worker is stopped by anybody; messages that still wait are dropped. */
  readonly onStop?: (() => void) | undefined;
  /** Told how many bytes wait for the worker whenever it is one message more. Must not throw. */
  readonly onQueued?: ((bytes: number) => void) | undefined;
}

/** A worker to register that takes a payload in parts, as senders of transports do to avoid a copy. */
export interface PartsWorkerOptions extends Omit<WorkerOptions, 'handle'> {
  readonly handleParts: Handle<OutboundMessage>;
}

/** A registered worker. */
export interface Worker {
  /** The primary mailbox. */
  readonly mailbox: Mailbox;
  /** The additional ones, in the order of registration. */
  readonly additional: readonly Mailbox[];
  /** Resolves when nothing waits and nothing is being handled, or the worker is stopped. */
  readonly idle: () => Promise<void>;
  /** Frees its addresses and drops what waits; harmless when repeated. */
  readonly stop: () => void;
}

/** Bounds of a worker's queue and of waiting. */
export interface RouterLimits {
  /** From here on senders are asked to wait: messages, and bytes of their payloads and routes. */
  readonly queueMessages: number;
  readonly queueBytes: number;
  /** From here on messages are dropped. A message that is alone in the queue is always taken. */
  readonly maxQueueMessages: number;
  readonly maxQueueBytes: number;
  /** Longest time a sender is asked to wait and an access control may take, in milliseconds; ends a circle of workers that wait for each other. */
  readonly maxWaitMs: number;
}

/** What a cell asks of the router that owns it. */
export interface CellOwner {
  readonly clock: Clock;
  readonly limits: RouterLimits;
  readonly ready: (cell: WorkerCell) => void;
  readonly refuse: (envelope: Envelope, reason: RefusalReason, detail: string) => void;
  readonly failed: (error: unknown, worker: Address) => void;
}

/** A message in a queue. */
export interface Envelope extends Delivery {
  readonly to: Mailbox;
  readonly bytes: number;
  /** Set while an access control has not answered yet. */
  readonly pending: Promise<Denial | undefined> | undefined;
}

/** Ours: from so many messages in a queue on, one that comes has its payload in memory of its own. */
const COMPACT_FROM = 16;

/** The queue of one worker and its strictly serial work; `router.ts` decides what gets in. */
export class WorkerCell {
  readonly name: Address;
  readonly #owner: CellOwner;
  /** One of the two. A closure over them here would keep a stopped worker's owner in memory until the next full collection. */
  readonly #handle: Handle | undefined;
  readonly #handleParts: Handle<OutboundMessage> | undefined;
  readonly #onQueued: ((bytes: number) => void) | undefined;
  readonly #queue = new Fifo<Envelope>();
  #bytes = 0;
  /** Waiting for a promise of the handler or of a control. */
  #busy = false;
  /** In the router's run queue. */
  #listed = false;
  #stopped = false;
  #idle: PromiseWithResolvers<void> | undefined;
  #room: { readonly promise: Promise<void>; readonly open: () => void } | undefined;

  constructor(owner: CellOwner, options: WorkerOptions | PartsWorkerOptions) {
    this.#owner = owner;
    this.name = options.mailbox.address;
    this.#handle = 'handle' in options ? options.handle : undefined;
    this.#handleParts = 'handleParts' in options ? options.handleParts : undefined;
    this.#onQueued = options.onQueued;
  }

  /** Whether one more message that holds `bytes` is beyond the hard bound. */
  refuses(bytes: number): boolean {
    const { maxQueueMessages, maxQueueBytes } = this.#owner.limits;
    const length = this.#queue.length;
    return length > 0 && (length >= maxQueueMessages || this.#bytes + bytes > maxQueueBytes);
  }

  enqueue(envelope: Envelope): void {
    // A few bytes that a transport has read are a view of all that it read at once; a backlog of them must not keep all of that.
    const { message } = envelope;
    const waits = this.#queue.length < COMPACT_FROM ? message : compact(message);
    this.#queue.push(waits === message ? envelope : { ...envelope, message: waits });
    this.#bytes += envelope.bytes;
    this.#onQueued?.(this.#bytes);
    this.#list();
  }

  /** A promise to wait for when the queue is full, undefined when it is not. */
  pressure(): Promise<void> | undefined {
    const { queueMessages, queueBytes, maxWaitMs } = this.#owner.limits;
    if (this.#queue.length < queueMessages && this.#bytes < queueBytes) return undefined;
    if (this.#room === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#owner.clock.schedule(maxWaitMs, () => {
        this.#room = undefined;
        resolve();
      });
      this.#room = {
        promise,
        open: () => {
          this.#room = undefined;
          cancel();
          resolve();
        },
      };
    }
    return this.#room.promise;
  }

  /** Resolves when nothing waits and nothing is being handled. */
  idle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    this.#idle ??= Promise.withResolvers<void>();
    return this.#idle.promise;
  }

  /** Handles the oldest message; called by the router only, when the cell comes up in its run queue. */
  step(): void {
    this.#listed = false;
    if (this.#busy) return;
    const envelope = this.#queue.shift();
    if (envelope === undefined) return;
    this.#bytes -= envelope.bytes;
    if (envelope.pending === undefined) this.#run(envelope);
    else this.#await(envelope, envelope.pending);
    this.#openRoom();
    this.#list();
  }

  /** Drops what waits and lets waiting senders go. */
  stop(): void {
    this.#stopped = true;
    for (let envelope = this.#queue.shift(); envelope !== undefined; envelope = this.#queue.shift()) {
      this.#owner.refuse(envelope, 'stopped', 'the receiving worker stopped');
    }
    this.#bytes = 0;
    this.#room?.open();
    this.#list();
  }

  #run(envelope: Envelope): void {
    let result: Sent | void;
    try {
      const { message, to, source } = envelope;
      result =
        this.#handleParts === undefined
          ? this.#handle?.(joined(message), to, source)
          : this.#handleParts(message, to, source);
    } catch (error) {
      this.#owner.failed(error, this.name);
      return;
    }
    if (!(result instanceof Promise)) return;
    this.#busy = true;
    result.then(
      () => this.#resume(),
      (error: unknown) => {
        this.#owner.failed(error, this.name);
        this.#resume();
      },
    );
  }

  #await(envelope: Envelope, pending: Promise<Denial | undefined>): void {
    this.#busy = true;
    void pending.then((denial) => {
      this.#busy = false;
      if (denial !== undefined) this.#owner.refuse(envelope, denial.reason, denial.detail);
      else if (this.#stopped) this.#owner.refuse(envelope, 'stopped', 'the receiving worker stopped');
      else this.#run(envelope);
      this.#list();
    });
  }

  #resume(): void {
    this.#busy = false;
    this.#list();
  }

  #list(): void {
    if (this.#idle !== undefined && this.#isIdle()) {
      this.#idle.resolve();
      this.#idle = undefined;
    }
    if (this.#listed || this.#busy || this.#queue.length === 0) return;
    this.#listed = true;
    this.#owner.ready(this);
  }

  #isIdle(): boolean {
    return this.#stopped || (!this.#busy && this.#queue.length === 0);
  }

  #openRoom(): void {
    if (this.#room === undefined) return;
    const { queueMessages, queueBytes } = this.#owner.limits;
    if (this.#queue.length <= queueMessages / 2 && this.#bytes <= queueBytes / 2) this.#room.open();
  }
}
