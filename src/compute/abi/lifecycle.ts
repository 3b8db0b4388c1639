/**
 * The life of one instance (`runnable-abi.md` §4): 1 start section, 2 `_start` or `_initialize`, 3 `init`, 4 `allocate`,
 * 5 input, 6 `run_e`, 7 `deallocate`. It says what to call; whoever runs the guest calls it, because each call may suspend.
 */
import type { WasmInstance } from './engine.ts';
import { AbiError } from './errors.ts';
import type { GuestHost } from './host.ts';
import type { HostCall } from './host-call.ts';
import type { GuestProfile } from './profile.ts';

/** An export to call next, with its arguments. */
export interface GuestStep {
  /** The export's type: parameters, and whether there is a result. */
  readonly type: 'start' | 'allocate' | 'run' | 'free1' | 'free2';
  readonly target: unknown;
  readonly args: readonly number[];
}

/**
 * The steps of one run of `instance` on `input`; what the guest reported is in `call` afterwards. To be continued with the
 * result of each step, or with what it threw.
 *
 * Throws whatever ends the run. What goes wrong in `deallocate` is ignored unless the host ended the guest, as the result is
 * complete by then and the instance is not used again.
 * @throws {AbiError} ABI_BAD_POINTER
 */
export function* guestLife(
  instance: WasmInstance,
  profile: GuestProfile,
  host: GuestHost,
  call: HostCall,
  input: Uint8Array,
): Generator<GuestStep, void, number> {
  const { exports } = instance;
  for (const { name, command } of profile.startup) {
    try {
      yield { type: 'start', target: exports[name], args: [] };
    } catch (error) {
      if (!command || host.unwound(error) !== 'clean-exit') throw error;
    }
  }
  // A command's run is its start.
  if (profile.kind === 'command') return;
  const pointer = yield { type: 'allocate', target: exports['allocate'], args: [input.length] };
  if (!host.memory.write(pointer, input)) {
    throw new AbiError('ABI_BAD_POINTER', `allocate(${input.length}) returned ${pointer >>> 0}, outside of the memory`);
  }
  host.bind(call);
  try {
    yield { type: 'run', target: exports['run_e'], args: [pointer, input.length, call.ident] };
  } catch (error) {
    if (host.unwound(error) !== 'clean-exit') throw error;
  } finally {
    host.unbind();
  }
  const parameters = profile.deallocateParameters;
  if (parameters === undefined) return;
  const args = [pointer, input.length].slice(0, parameters);
  try {
    yield { type: parameters === 0 ? 'start' : `free${parameters}`, target: exports['deallocate'], args };
  } catch (error) {
    if (host.unwound(error) === 'host') throw error;
  }
}
