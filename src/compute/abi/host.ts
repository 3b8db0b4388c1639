/** The import object of one guest instance; it serves one call after another, each with an instance as new. */
import { destinationFunctions } from './destination.ts';
import { type WasmImports, type WasmMemory, wasm } from './engine.ts';
import { type HostBinding, type HostFunction, askingFunctions, localFunctions, reportFunctions } from './env.ts';
import type { HostCall, HostPort } from './host-call.ts';
import { GuestMemory } from './guest-memory.ts';
import type { GuestProfile } from './profile.ts';
import { ENV_MODULE, ENV_SIGNATURES } from './signatures.ts';

/** Host side of the guest's imports. */
export class GuestHost {
  readonly memory: GuestMemory;
  /** The imports of module `env`, exactly those the module asks for. */
  readonly imports: WasmImports;
  /** See {@link HostPort.unwound}. */
  readonly unwound: HostPort['unwound'];
  readonly #binding: HostBinding;

  constructor(profile: GuestProfile, port: HostPort, memory: WasmMemory) {
    this.memory = new GuestMemory(memory);
    this.unwound = port.unwound;
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
    this.imports = { [ENV_MODULE]: env };
  }

  /** Makes the idents of `call` known; until then, and after {@link GuestHost.unbind}, every ident is a forged one. */
  bind(call: HostCall): void {
    this.#binding.call = call;
  }

  /** Ends what {@link GuestHost.bind} began. */
  unbind(): void {
    this.#binding.call = undefined;
  }
}
