/** The compiler thread seen from the main thread: started when it is needed, one module at a time, ended when it is idle. */
import type { Worker } from 'node:worker_threads';
import type { Cancel, Clock } from '../../../kernel/index.ts';
import { AbiError, type AbiErrorCode } from '../../abi/index.ts';
import { WasmError, type WasmErrorCode } from '../../wasm/index.ts';
import type { CompileOrder, CompileReport } from './compiler.ts';
import { SandboxError } from '../errors.ts';
import { startIsolated } from '../isolated.ts';
import type { CompiledModule, LoadOptions } from './module.ts';

/** Ours: how long one module may take; modules that wait; how long the thread waits for the next one. */
const COMPILE_MS = 30_000;
const MAX_WAITING = 256;
const IDLE_MS = 5_000;
/** Heap of the thread; the modules themselves are not in it. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 1024 } as const;

interface Order extends CompileOrder {
  readonly resolve: (module: CompiledModule) => void;
  readonly reject: (error: Error) => void;
}

/** Compiles modules aside. */
export class CompileThread {
  readonly #clock: Clock;
  /** The first is being compiled. */
  readonly #orders: Order[] = [];
  #worker: Worker | undefined;
  /** Of the time that the present module may take, or of idleness. */
  #cancelTimer: Cancel | undefined;
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether there is a thread now. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * As `compileModule`, in the thread; `bytes` are copied at once.
   * @throws {SandboxError} SANDBOX_CLOSED; SANDBOX_COMPILE also when it takes longer than 30 s or 256 modules wait.
   */
  compile(bytes: Uint8Array, memoryBytes: number, options: LoadOptions): Promise<CompiledModule> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#orders.length >= MAX_WAITING) {
      return Promise.reject(new SandboxError('SANDBOX_COMPILE', `${MAX_WAITING} modules wait to be compiled already`));
    }
    return new Promise((resolve, reject) => {
      this.#orders.push({ bytes: bytes.slice(), memoryBytes, options, resolve, reject });
      if (this.#orders.length === 1) this.#next();
    });
  }

  /** Ends the thread; what was not compiled fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#orders.splice(0)) reject(closedError());
    await this.#end();
  }

  #next(): void {
    this.#cancelTimer?.();
    const order = this.#orders[0];
    if (order === undefined) {
      this.#cancelTimer = this.#clock.schedule(IDLE_MS, () => void this.#end());
      return;
    }
    const { bytes, memoryBytes, options } = order;
    this.#worker ??= this.#start();
    this.#cancelTimer = this.#clock.schedule(COMPILE_MS, () => this.#giveUp(`it took more than ${COMPILE_MS} ms`));
    const message: CompileOrder = { bytes, memoryBytes, options };
    this.#worker.postMessage(message, [bytes.buffer as ArrayBuffer]);
  }

  #start(): Worker {
    const worker = startIsolated('compile/compiler', { name: 'compiler', resourceLimits: RESOURCE_LIMITS });
    worker.on('message', (report: CompileReport) => {
      const order = this.#worker === worker ? this.#orders.shift() : undefined;
      if (order === undefined) return;
      if (report.ok) order.resolve(report.module);
      else order.reject(errorOf(report.code, report.message));
      this.#next();
    });
    const lost = (reason: string): void => {
      if (this.#worker === worker) this.#giveUp(reason);
    };
    worker.on('error', (error) => lost(String(error)));
    worker.on('exit', (code) => lost(`its thread ended with ${code}`));
    return worker;
  }

  /** The present module is to blame: the others get a new thread. */
  #giveUp(reason: string): void {
    void this.#end();
    this.#orders.shift()?.reject(new SandboxError('SANDBOX_COMPILE', `the module could not be compiled: ${reason}`));
    if (this.#orders.length > 0) this.#next();
  }

  async #end(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

/** The error again, of the class that its code belongs to. */
function errorOf(code: string, message: string): Error {
  if (code.startsWith('WASM_')) return new WasmError(code as WasmErrorCode, message);
  if (code.startsWith('ABI_')) return new AbiError(code as AbiErrorCode, message);
  return new SandboxError('SANDBOX_COMPILE', message);
}

function closedError(): SandboxError {
  return new SandboxError('SANDBOX_CLOSED', 'the sandbox is closed');
}
