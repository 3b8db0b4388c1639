/** The one error that a guest cannot catch (`docs/sandbox.md` §4). */
import { wasm } from '../../abi/index.ts';

/** `(module (func (export "t") unreachable))` */
const TRAP_MODULE = Uint8Array.fromHex('0061736d0100000001040160000003020100070501017400000a05010300000b');

/**
 * An error object born from a real trap. The engine marks such objects: `catch_all` in a guest passes over it, whether it is
 * thrown by an import or is what a suspended import rejects with. An error made by JavaScript would be caught.
 */
export function makeKillToken(): Error {
  const trap = new wasm.Instance(new wasm.Module(TRAP_MODULE), {}).exports['t'] as () => never;
  try {
    return trap();
  } catch (token) {
    return token as Error;
  }
}
