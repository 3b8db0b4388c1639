/**
 * Places for guests: a linear memory and the imports that work on it, used by one call after another.
 *
 * Each call gets a fresh instance, so globals, tables and data segments are new; the memory is wiped in between. A memory that
 * has grown cannot shrink, and one above 8 MiB is cheaper to map anew than to wipe: both are dropped.
 */
import { GuestHost, type HostPort, type WasmImports, type WasmInstance, type WasmMemory, wasm } from '../abi/index.ts';
import { FLAG_IMPORT, HOST_MODULE, MEMORY_IMPORT, YIELD_IMPORT } from '../wasm/index.ts';
import type { ModuleMessage } from './wire.ts';

const PAGE = 65_536;
const MAX_KEPT_BYTES = 8 << 20;
/** Idle memory that one thread keeps for later calls. */
const MAX_IDLE_BYTES = 64 << 20;

/** What a slot needs of the call that uses it. */
export interface Occupant extends HostPort {
  /** The guest's flag was up: suspends it until its next slice. */
  readonly giveWay: () => Promise<void>;
}

/** One place. */
export class GuestSlot {
  readonly module: ModuleMessage;
  readonly host: GuestHost;
  readonly #imports: WasmImports;
  readonly #initialBytes: number;
  #occupant: Occupant | undefined;

  /**
   * @param flag shared memory whose first word guests poll.
   * @throws {RangeError} when there is no address space for another memory.
   */
  constructor(module: ModuleMessage, flag: WasmMemory) {
    this.module = module;
    this.#initialBytes = module.pages * PAGE;
    const memory = new wasm.Memory({ initial: module.pages, maximum: module.maxPages });
    const occupant = (): Occupant => this.#occupant as Occupant;
    const port: HostPort = {
      count: () => occupant().count(),
      log: (level, message) => occupant().log(level, message),
      ask: (ask) => occupant().ask(ask),
      exit: (code) => occupant().exit(code),
      unwound: (error) => occupant().unwound(error),
      outputTooLarge: (bytes) => occupant().outputTooLarge(bytes),
      random: (target) => occupant().random(target),
      wallMs: () => occupant().wallMs(),
      monotonicMs: () => occupant().monotonicMs(),
    };
    this.host = new GuestHost(module.profile, port, memory);
    const giveWay = new wasm.Suspending(() => occupant().giveWay());
    const own = { [MEMORY_IMPORT]: memory, [FLAG_IMPORT]: flag, [YIELD_IMPORT]: giveWay };
    this.#imports = { ...this.host.imports, [HOST_MODULE]: own };
  }

  /** Whether another call may use this slot, once it is wiped. */
  get reusable(): boolean {
    return this.host.memory.size === this.#initialBytes && this.#initialBytes <= MAX_KEPT_BYTES;
  }

  /** A fresh instance for `occupant`. @throws whatever instantiation throws, a trap of a data segment for one. */
  occupy(occupant: Occupant): WasmInstance {
    this.#occupant = occupant;
    return new wasm.Instance(this.module.code, this.#imports);
  }

  /** The guest is gone: nothing of it is left. */
  vacate(): void {
    this.#occupant = undefined;
    this.host.memory.wipe();
  }
}

/** One thread's free slots by module. */
export class SlotPool {
  readonly #flag: WasmMemory;
  readonly #maxIdle: number;
  readonly #free = new Map<number, GuestSlot[]>();
  #idleBytes = 0;
  #idleSlots = 0;

  /** @param maxIdle how many slots to keep for later calls. */
  constructor(flag: WasmMemory, maxIdle: number) {
    this.#flag = flag;
    this.#maxIdle = maxIdle;
  }

  /** A slot for a call of `module`. @throws {RangeError} when there is no address space for another memory. */
  take(module: ModuleMessage): GuestSlot {
    const slot = this.#free.get(module.id)?.pop();
    if (slot === undefined) return new GuestSlot(module, this.#flag);
    this.#idleBytes -= slot.host.memory.size;
    this.#idleSlots--;
    return slot;
  }

  /** Takes a slot back; drops it when it is of no more use. */
  give(slot: GuestSlot): void {
    const free = this.#free.get(slot.module.id);
    const full = this.#idleBytes + slot.host.memory.size > MAX_IDLE_BYTES || this.#idleSlots >= this.#maxIdle;
    if (free === undefined || full || !slot.reusable) return;
    slot.vacate();
    free.push(slot);
    this.#idleBytes += slot.host.memory.size;
    this.#idleSlots++;
  }

  /** Keeps slots of module `id` from now on. */
  open(id: number): void {
    this.#free.set(id, []);
  }

  /** Drops the slots of module `id`, and those that come back later. */
  close(id: number): void {
    for (const slot of this.#free.get(id) ?? []) {
      this.#idleBytes -= slot.host.memory.size;
      this.#idleSlots--;
    }
    this.#free.delete(id);
  }
}
