/** The WASI imports of one place for guests, which serves one call after another (`runnable-abi.md` §10). */
import {
  type GuestMemory,
  type GuestProfile,
  WASI_MODULE,
  WASI_UNSTABLE_MODULE,
  type WasiFunction,
  type WasmImports,
  wasm,
} from '../abi/index.ts';
import {
  WasiCall,
  type WasiCallOptions,
  type WasiContext,
  type WasiFunctions,
  type WasiHostFunction,
  type WasiPort,
} from './call.ts';
import { contentFunctions } from './content-functions.ts';
import { descriptorFunctions } from './descriptor-functions.ts';
import { Errno, WasiFault } from './errno.ts';
import { pathFunctions } from './path-functions.ts';
import { poll } from './poll.ts';
import { processFunctions } from './process-functions.ts';

/** Functions that only ever answer at once; during all others the guest may have to wait. */
const AT_ONCE: ReadonlySet<WasiFunction> = new Set<WasiFunction>([
  'args_get',
  'args_sizes_get',
  'environ_get',
  'environ_sizes_get',
  'clock_res_get',
  'clock_time_get',
  'random_get',
  'proc_exit',
  'proc_raise',
  'sched_yield',
  'sock_accept',
  'sock_recv',
  'sock_send',
  'sock_shutdown',
  'fd_advise',
  'fd_allocate',
  'fd_fdstat_get',
  'fd_fdstat_set_rights',
  'fd_prestat_get',
  'fd_prestat_dir_name',
  'fd_tell',
]);

/** All functions, working on `context`; each is counted, and none throws what a guest could catch. */
export function wasiFunctions(context: WasiContext): WasiFunctions {
  const all: WasiFunctions = {
    ...processFunctions(context),
    ...descriptorFunctions(context),
    ...contentFunctions(context),
    ...pathFunctions(context),
    poll_oneoff: (subscriptions: number, events: number, count: number, eventCount: number) =>
      poll(context, subscriptions, events, count, eventCount),
  };
  const guarded = {} as Record<WasiFunction, WasiHostFunction>;
  for (const [name, hostFunction] of Object.entries(all) as [WasiFunction, WasiHostFunction][]) {
    guarded[name] = guard(context, hostFunction, bareAnswer(name));
  }
  return guarded;
}

/** The imports of modules `wasi_snapshot_preview1` and `wasi_unstable`, and the call that uses them. */
export class WasiHost {
  /** Exactly what the module asks for. */
  readonly imports: WasmImports;
  readonly #port: WasiPort;
  #call: WasiCall | undefined;

  constructor(profile: GuestProfile, port: WasiPort, memory: GuestMemory) {
    this.#port = port;
    const call = (): WasiCall => {
      if (this.#call === undefined) throw new Error('a guest runs without a call');
      return this.#call;
    };
    const imports = (names: readonly WasiFunction[], snapshot: 0 | 1): Readonly<Record<string, unknown>> => {
      if (names.length === 0) return {};
      const functions = wasiFunctions({ memory, port, snapshot, call });
      return Object.fromEntries(names.map((name) => [name, importOf(name, functions[name])]));
    };
    this.imports = {
      [WASI_MODULE]: imports(profile.wasi, 1),
      [WASI_UNSTABLE_MODULE]: imports(profile.wasiUnstable, 0),
    };
  }

  /** Begins a call; before its guest's first instruction. */
  begin(options: WasiCallOptions): void {
    this.#call = new WasiCall(this.#port, options);
  }

  /**
   * Ends it after the guest's last instruction: logs what was written without a line end, forgets the descriptors, and returns
   * what a command wrote to its standard output.
   */
  end(): Uint8Array | undefined {
    const call = this.#call;
    this.#call = undefined;
    return call?.end();
  }
}

function importOf(name: WasiFunction, hostFunction: WasiHostFunction): unknown {
  if (AT_ONCE.has(name)) return hostFunction;
  return new wasm.Suspending(hostFunction as (...args: number[]) => unknown);
}

/** What a guest hears to which nothing was granted; undefined where that makes no difference (`runnable-abi.md` §10). */
function bareAnswer(name: WasiFunction): number | undefined {
  if (name === 'fd_write') return undefined;
  if (name.startsWith('fd_')) return Errno.badf;
  return name.startsWith('path_') ? Errno.nosys : undefined;
}

function guard(context: WasiContext, hostFunction: WasiHostFunction, bare: number | undefined): WasiHostFunction {
  const callable = hostFunction as (...args: unknown[]) => number | Promise<number>;
  return (...args: unknown[]) => {
    context.port.count();
    if (bare !== undefined && context.call().bare) return bare;
    try {
      const result = callable(...args);
      return typeof result === 'number' ? result : result.catch(errnoOfFault);
    } catch (error) {
      return errnoOfFault(error);
    }
  };
}

function errnoOfFault(error: unknown): number {
  if (error instanceof WasiFault) return error.errno;
  throw error;
}
