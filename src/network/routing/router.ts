import { type Clock, quoted, type RandomSource, SlotMap } from '../../kernel/index.ts';
import type { Terminal, TerminalLookup } from './access-control.ts';
import { type CheckpointOptions, decide } from './checkpoint.ts';
import { Fifo } from './fifo.ts';
import { FlowControls } from './flow-control.ts';
import { heldBytes, type OutboundMessage, withoutLocalInfo } from './local-message.ts';
import { noRefusals, type Refusal, type RefusalCounts, type RefusalReason, refusal } from './refusal.ts';
import { type Address, formatAddress, type Route, RoutingError, sameAddress, TRANSPORT_TYPE } from './wire/index.ts';
import {
  type CellOwner,
  type Mailbox,
  type MailboxOptions,
  type PartsWorkerOptions,
  type RouterLimits,
  type Sent,
  type Worker,
  WorkerCell,
  type WorkerOptions,
} from './worker.ts';

/** Ours. */
const DEFAULT_LIMITS: RouterLimits = {
  queueMessages: 256,
  queueBytes: 1024 * 1024,
  maxQueueMessages: 4096,
  maxQueueBytes: 64 * 1024 * 1024,
  maxWaitMs: 30_000,
};
/** Ours: so many messages are handled before sockets and timers get their turn. */
const MESSAGES_PER_TURN = 2048;

/** What a router needs and whom it tells. */
export interface RouterOptions {
  readonly clock: Clock;
  readonly random: RandomSource;
  /** Told of every message that was not delivered. Must not throw. */
  readonly onRefused?: ((refusal: Refusal) => void) | undefined;
  /** Told of every error that a handler or an access control of `worker` raised. Must not throw. */
  readonly onWorkerError?: ((error: unknown, worker: Address) => void) | undefined;
  readonly limits?: Partial<RouterLimits> | undefined;
}

/** What a router has done so far. */
export interface RouterCounters {
  /** Messages that were put into a queue. */
  readonly accepted: number;
  readonly refused: Readonly<RefusalCounts>;
  readonly workerErrors: number;
}

interface RegisteredMailbox extends Mailbox {
  readonly options: MailboxOptions;
  readonly cell: WorkerCell;
  /** Stops its worker. */
  readonly stop: () => void;
}

/**
 * Carries messages between the workers of one node (`routing.md` §7–§10).
 *
 * For each message, in this order: the destination exists · the source mailbox may send it · the destination mailbox may
 * receive it · there is room. Then a worker gets its messages one at a time and in order. A send made outside a handler
 * runs the workers before it returns; one made by a handler is queued, so the stack never grows with the length of a route.
 */
export class Router implements TerminalLookup {
  readonly clock: Clock;
  readonly random: RandomSource;
  readonly flows: FlowControls = new FlowControls();
  readonly limits: RouterLimits;
  readonly #options: RouterOptions;
  readonly #mailboxes = new SlotMap<RegisteredMailbox, string>();
  readonly #runQueue = new Fifo<WorkerCell>();
  readonly #refused = noRefusals();
  readonly #cellOwner: CellOwner;
  readonly #checkpoint: CheckpointOptions;
  #accepted = 0;
  #workerErrors = 0;
  #running = false;
  #stopped = false;

  constructor(options: RouterOptions) {
    this.clock = options.clock;
    this.random = options.random;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = options;
    const { clock, limits } = this;
    this.#cellOwner = {
      clock,
      limits,
      ready: (cell) => this.#ready(cell),
      refuse: (envelope, reason, detail) => this.#refuse(reason, detail, envelope.source, envelope.message),
      failed: (error, worker) => this.#failed(error, worker),
    };
    this.#checkpoint = {
      clock,
      maxWaitMs: limits.maxWaitMs,
      onError: (error, delivery) => this.#failed(error, delivery.destination),
    };
  }

  /** A copy of the counters. */
  get counters(): RouterCounters {
    return { accepted: this.#accepted, refused: { ...this.#refused }, workerErrors: this.#workerErrors };
  }

  /** How many addresses are registered. */
  get size(): number {
    return this.#mailboxes.size;
  }

  /** Every address that is registered, in the order of registration. */
  get addresses(): readonly Address[] {
    return [...this.#mailboxes.values()].map(({ address }) => address);
  }

  /**
   * Starts a worker. Its addresses must be local and free.
   * @throws {RoutingError} ROUTING_ADDRESS_IN_USE, ROUTING_INVALID_ADDRESS, ROUTING_STOPPED; then nothing is registered.
   */
  register(options: WorkerOptions | PartsWorkerOptions): Worker {
    if (this.#stopped) throw new RoutingError('ROUTING_STOPPED', 'the router is stopped');
    const { mailbox, additional = [] } = options;
    this.#checkFree(mailbox.address);
    for (const [i, { address }] of additional.entries()) {
      this.#checkFree(address);
      const isTwice =
        sameAddress(address, mailbox.address) ||
        additional.findIndex((other) => sameAddress(other.address, address)) < i;
      if (isTwice) throw inUse(address);
    }
    const cell = new WorkerCell(this.#cellOwner, options);
    let stopped = false;
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      this.#remove(mailbox.address);
      for (const { address } of additional) this.#remove(address);
      cell.stop();
      this.#tell(() => options.onStop?.());
    };
    return {
      mailbox: this.#createMailbox(mailbox, cell, stop),
      additional: additional.map((other) => this.#createMailbox(other, cell, stop)),
      idle: () => cell.idle(),
      stop,
    };
  }

  /** Whether a worker listens at `address`. */
  has(address: Address): boolean {
    return this.#mailboxes.has(address.key);
  }

  /** What is known of `address` as a way out of this node; undefined when it is none. */
  terminal(address: Address): Terminal | undefined {
    return this.#mailboxes.get(address.key)?.options.terminal;
  }

  /** The first address of `route` by which messages leave this node. */
  firstTerminal(route: Route): Terminal | undefined {
    for (const hop of route) {
      const terminal = this.terminal(hop);
      if (terminal !== undefined) return terminal;
    }
    return undefined;
  }

  /** Stops every worker, in the reverse order of registration, and refuses everything from then on. */
  stop(): void {
    this.#stopped = true;
    for (const mailbox of [...this.#mailboxes.values()].reverse()) mailbox.stop();
    this.#runQueue.clear();
    this.flows.clear();
  }

  #checkFree(address: Address): void {
    if (address.type !== TRANSPORT_TYPE.local) {
      throw new RoutingError('ROUTING_INVALID_ADDRESS', `a worker needs a local address, not ${shown(address)}`);
    }
    if (this.#mailboxes.has(address.key)) throw inUse(address);
  }

  #remove(address: Address): void {
    this.#mailboxes.delete(address.key);
    this.flows.removeAddress(address);
  }

  #createMailbox(options: MailboxOptions, cell: WorkerCell, stop: () => void): RegisteredMailbox {
    const mailbox: RegisteredMailbox = {
      address: options.address,
      options,
      cell,
      stop,
      send: (message) => this.#send(mailbox, message),
    };
    this.#mailboxes.set(options.address.key, mailbox);
    return mailbox;
  }

  #send(from: RegisteredMailbox, sent: OutboundMessage): Sent {
    const source = from.address;
    // Before any control sees it.
    const message = sent.localInfo !== undefined && this.flows.hasStrangers(source) ? withoutLocalInfo(sent) : sent;
    if (this.#mailboxes.get(source.key) !== from) {
      return this.#refuse('stopped', 'the sending worker is stopped', source, message);
    }
    const hop = message.onward[0];
    if (hop === undefined) return this.#refuse('empty-route', 'the onward route is empty', source, message);
    const to = this.#mailboxes.get(hop.key);
    if (to === undefined) {
      return hop.type === TRANSPORT_TYPE.local
        ? this.#refuse('unknown-destination', 'there is no such worker', source, message)
        : this.#refuse('transport-hop', 'nothing is dialled on behalf of a message', source, message);
    }
    const destination = to.address;
    const decision = decide(
      from.options.outgoing,
      to.options.incoming,
      { source, destination, message },
      this.#checkpoint,
    );
    const pending = decision instanceof Promise ? decision : undefined;
    if (decision !== undefined && !(decision instanceof Promise)) {
      return this.#refuse(decision.reason, decision.detail, source, message);
    }
    const { cell } = to;
    const bytes = heldBytes(message);
    if (cell.refuses(bytes)) return this.#refuse('queue-full', 'too much waits for this worker', source, message);
    this.#accepted++;
    cell.enqueue({ source, destination, message, to, bytes, pending });
    return cell.pressure();
  }

  /** Takes `cell` into the run queue and, unless a handler is running further down the stack, works the queue off. */
  #ready(cell: WorkerCell): void {
    this.#runQueue.push(cell);
    if (!this.#running) this.#run();
  }

  #run(): void {
    this.#running = true;
    for (let left = MESSAGES_PER_TURN; left > 0; left--) {
      const cell = this.#runQueue.shift();
      if (cell === undefined) {
        this.#running = false;
        return;
      }
      cell.step();
    }
    // Still marked as running: sends made in the meantime only add to the queue.
    setImmediate(() => this.#run());
  }

  #refuse(reason: RefusalReason, detail: string, source: Address, message: OutboundMessage): Refusal {
    this.#refused[reason]++;
    const value = refusal(reason, detail, source, message);
    this.#tell(() => this.#options.onRefused?.(value));
    return value;
  }

  #failed(error: unknown, worker: Address): void {
    this.#workerErrors++;
    this.#tell(() => this.#options.onWorkerError?.(error, worker));
  }

  /** A callback that throws must not stop the run queue: its error surfaces as an uncaught one, outside of the router. */
  #tell(report: () => void): void {
    try {
      report();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

function inUse(address: Address): RoutingError {
  return new RoutingError('ROUTING_ADDRESS_IN_USE', `there is a worker at ${shown(address)} already`);
}

function shown(address: Address): string {
  return quoted(formatAddress(address));
}
