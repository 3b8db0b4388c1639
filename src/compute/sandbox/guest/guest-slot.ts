/**
 * Places for guests: a linear memory, the imports that work on it and an instance, used by one call after another.
 *
 * Each call finds everything new. The memory is wiped after a call; then the instance is renewed, which sets its globals and data
 * back (`wasm.md` §5.7), or replaced by another: when the module is not one that can be renewed, and after any call that did not end
 * by returning. A memory that has grown cannot shrink, and one above 8 MiB is cheaper to map anew than to wipe: both are dropped.
 */
import {
  GuestHost,
  type HostPort,
  type WasmImports,
  type WasmInstance,
  type WasmMemory,
  wasm,
} from '../../abi/index.ts';
import type { CapabilityAnswer } from '../../capability/index.ts';
import { FLAG_IMPORT, HOST_MODULE, MEMORY_IMPORT, YIELD_IMPORT } from '../../wasm/index.ts';
import { WasiHost } from '../../wasi/index.ts';
import type { ModuleMessage, ThreadAsk } from '../wire/index.ts';

const PAGE = 65_536;
const MAX_KEPT_BYTES = 8 << 20;
/** Idle memory that one thread keeps for later calls. */
const MAX_IDLE_BYTES = 64 << 20;
/** Ours: what an entry of a table counts. */
const TABLE_ENTRY_BYTES = 64;

/** What a slot needs of the call that uses it. */
export interface Occupant extends HostPort {
  readonly ask: (ask: ThreadAsk) => Promise<CapabilityAnswer>;
  /** Suspends the guest for `ms`, or until its next slice if that is 0. */
  readonly sleep: (ms: number) => Promise<void>;
  /** The guest's flag was up: suspends it until its next slice. */
  readonly giveWay: () => Promise<void>;
}

/** One place. */
export class GuestSlot {
  readonly module: ModuleMessage;
  /** Largest size of the memory, pages. */
  readonly maxPages: number;
  readonly host: GuestHost;
  readonly wasi: WasiHost;
  readonly #imports: WasmImports;
  readonly #initialBytes: number;
  #occupant: Occupant | undefined;
  /** As new, unless the slot is occupied. */
  #instance: WasmInstance | undefined;

  /**
   * @param maxPages between the module's initial and largest number of pages.
   * @param flag shared memory whose first word guests poll.
   * @throws {RangeError} when there is no address space for another memory.
   */
  constructor(module: ModuleMessage, maxPages: number, flag: WasmMemory) {
    this.module = module;
    this.maxPages = maxPages;
    this.#initialBytes = module.pages * PAGE;
    const memory = new wasm.Memory({ initial: module.pages, maximum: maxPages });
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
    this.wasi = new WasiHost(
      module.profile,
      {
        ...port,
        sleep: (ms) => occupant().sleep(ms),
        files: (operation) => occupant().ask({ capability: 'files', operation }),
      },
      this.host.memory,
    );
    const giveWay = new wasm.Suspending(() => occupant().giveWay());
    const own = { [MEMORY_IMPORT]: memory, [FLAG_IMPORT]: flag, [YIELD_IMPORT]: giveWay };
    this.#imports = { ...this.host.imports, ...this.wasi.imports, [HOST_MODULE]: own };
  }

  /** Whether another call may use this slot, once it is wiped. */
  get reusable(): boolean {
    return this.host.memory.size === this.#initialBytes && this.#initialBytes <= MAX_KEPT_BYTES;
  }

  /** What it holds while no call uses it, bytes. */
  get idleBytes(): number {
    const { tableEntries, instanceBytes } = this.module;
    return this.#initialBytes + instanceBytes + tableEntries * TABLE_ENTRY_BYTES;
  }

  /** An instance as new for `occupant`. @throws whatever instantiation throws, a trap of a data segment for one. */
  occupy(occupant: Occupant): WasmInstance {
    this.#occupant = occupant;
    return this.warm();
  }

  /** Makes the instance, if there is none; no code of the guest runs. @throws as {@link GuestSlot.occupy} */
  warm(): WasmInstance {
    return (this.#instance ??= this.#renewed(new wasm.Instance(this.module.code, this.#imports)));
  }

  /** The guest is gone: nothing of it is left. @param hasReturned whether every call into it has ended by returning. */
  vacate(hasReturned: boolean): void {
    const instance = this.#instance;
    this.#occupant = undefined;
    // First of all: whatever fails from here on, nobody gets an instance that is not as new.
    this.#instance = undefined;
    this.host.memory.wipe();
    if (instance !== undefined && hasReturned && this.module.renewExport !== undefined) {
      this.#instance = this.#renewed(instance);
    }
  }

  /** `instance` with its globals and data set back, in a memory of zeroes. */
  #renewed(instance: WasmInstance): WasmInstance {
    const { renewExport } = this.module;
    if (renewExport !== undefined) (instance.exports[renewExport] as () => void)();
    return instance;
  }
}

/** One thread's free slots by module. */
export class SlotPool {
  readonly #flag: WasmMemory;
  readonly #maxIdle: number;
  /** By module, then by the largest size of the memory: a memory's maximum is part of it. */
  readonly #free = new Map<number, Map<number, GuestSlot[]>>();
  #idleBytes = 0;
  #idleSlots = 0;

  /** @param maxIdle how many slots to keep for later calls. */
  constructor(flag: WasmMemory, maxIdle: number) {
    this.#flag = flag;
    this.#maxIdle = maxIdle;
  }

  /**
   * A slot for a call of `module` whose memory may have `maxPages`.
   * @throws {RangeError} when there is no address space for another memory.
   */
  take(module: ModuleMessage, maxPages: number): GuestSlot {
    const ofModule = this.#free.get(module.id);
    const free = ofModule?.get(maxPages);
    const slot = free?.pop();
    if (slot === undefined) return new GuestSlot(module, maxPages, this.#flag);
    if (free?.length === 0) ofModule?.delete(maxPages);
    this.#idleBytes -= slot.idleBytes;
    this.#idleSlots--;
    return slot;
  }

  /** Makes a slot of `module` ahead of its first call. */
  warm(module: ModuleMessage): void {
    try {
      const slot = this.take(module, module.maxPages);
      slot.warm();
      this.give(slot, true);
    } catch (error) {
      // No memory is to be had, or a segment does not fit: the first call will find the same and say so.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** Takes a slot back; drops it when it is of no more use. @param hasReturned see {@link GuestSlot.vacate}. */
  give(slot: GuestSlot, hasReturned: boolean): void {
    const ofModule = this.#free.get(slot.module.id);
    const full = this.#idleBytes + slot.idleBytes > MAX_IDLE_BYTES || this.#idleSlots >= this.#maxIdle;
    if (ofModule === undefined || full || !slot.reusable) return;
    slot.vacate(hasReturned);
    const free = ofModule.get(slot.maxPages);
    if (free === undefined) ofModule.set(slot.maxPages, [slot]);
    else free.push(slot);
    this.#idleBytes += slot.idleBytes;
    this.#idleSlots++;
  }

  /** Drops all but one slot of each module: nothing has been called for a while. */
  rest(): void {
    for (const ofModule of this.#free.values()) {
      const [kept, ...others] = [...ofModule.values()].flat();
      if (kept === undefined) continue;
      ofModule.clear();
      ofModule.set(kept.maxPages, [kept]);
      for (const slot of others) this.#forget(slot);
    }
  }

  /** Keeps slots of module `id` from now on. */
  open(id: number): void {
    this.#free.set(id, new Map());
  }

  /** Drops the slots of module `id`, and those that come back later. */
  close(id: number): void {
    for (const slot of [...(this.#free.get(id)?.values() ?? [])].flat()) this.#forget(slot);
    this.#free.delete(id);
  }

  #forget(slot: GuestSlot): void {
    this.#idleBytes -= slot.idleBytes;
    this.#idleSlots--;
  }
}
