/** The import object of one guest instance; it serves one call after another, each with a fresh instance. */
import { destinationFunctions } from './destination.ts';
import { type WasmImports, type WasmMemory, wasm } from './engine.ts';
import { type HostBinding, type HostFunction, askingFunctions, localFunctions, reportFunctions } from './env.ts';
import type { HostCall, HostPort } from './host-call.ts';
import { GuestMemory } from './guest-memory.ts';
import type { GuestProfile } from './profile.ts';
import { ENV_MODULE, ENV_SIGNATURES, WASI_MODULE } from './signatures.ts';
import { StandardStreams, wasiFunctions } from './wasi.ts';

/** Host side of the guest's imports. */
export class GuestHost {
  readonly memory: GuestMemory;
  /** The imports of modules `env` and `wasi_snapshot_preview1`, exactly those the module asks for. */
  readonly imports: WasmImports;
  /** See {@link HostPort.unwound}. */
  readonly unwound: HostPort['unwound'];
  readonly #binding: HostBinding;
  readonly #streams: StandardStreams;

  constructor(profile: GuestProfile, port: HostPort, memory: WasmMemory) {
    this.memory = new GuestMemory(memory);
    this.unwound = port.unwound;
    this.#streams = new StandardStreams(port.log);
    const { methodNumbering, javascript } = profile;
    this.#binding = { memory: this.memory, port, methodNumbering, javascript, call: undefined };
    const functions: Readonly<Record<string, HostFunction>> = {
      ...reportFunctions(this.#binding),
      ...localFunctions(this.#binding),
      ...askingFunctions(this.#binding),
      ...(profile.generation < 2 && destinationFunctions(this.#binding)),
    };
    const env: Record<string, unknown> = {};
    for (const { name, target } of profile.env) {
      const hostFunction = functions[target] as HostFunction;
      env[name] = ENV_SIGNATURES[target].waiting === 'waits' ? new wasm.Suspending(hostFunction) : hostFunction;
    }
    const wasi: Record<string, unknown> = {};
    if (profile.wasi.length > 0) {
      const all = wasiFunctions(this.#binding, this.#streams);
      for (const name of profile.wasi) wasi[name] = all[name];
    }
    this.imports = { [ENV_MODULE]: env, [WASI_MODULE]: wasi };
  }

  /** Makes the idents of `call` known; until then, and after {@link GuestHost.unbind}, every ident is a forged one. */
  bind(call: HostCall): void {
    this.#binding.call = call;
  }

  /** Ends what {@link GuestHost.bind} began. */
  unbind(): void {
    this.#binding.call = undefined;
  }

  /** Logs what the guest wrote to its standard streams without a line end; once, after its last instruction. */
  endStreams(): void {
    this.#streams.end();
  }
}
