/**
 * The Runnable ABI: what a compiled function finds in its sandbox, for all generations of the platform at once.
 *
 * Specification: `docs/protocol/runnable-abi.md`. Layer 2. Nothing here reads a clock, draws randomness or opens anything:
 * whoever runs the guest passes that in as a `HostPort`.
 * Read: profile.ts (before it runs), host.ts (its imports), lifecycle.ts (its life); then env.ts, destination.ts. WASI is beside it, in `wasi/`.
 * Invariants: arguments are copied before anything else; no pointer is used unchecked; the first report of a call counts;
 * an ident is known only during its own `run_e`; host functions throw nothing that a guest could catch.
 * Tests are beside the files and, with real guests, in `test/conformance/`.
 */
export {
  type WasmImports,
  type WasmTable,
  type WasmInstance,
  type WasmMemory,
  type WasmModule,
  wasm,
} from './engine.ts';
export { AbiError, type AbiErrorCode } from './errors.ts';
export { NOT_ENABLED } from './env.ts';
export {
  type Ask,
  type FieldDenials,
  type FieldGrants,
  type HandOverLimits,
  HostCall,
  type HostPort,
  type Report,
} from './host-call.ts';
export { GuestMemory } from './guest-memory.ts';
export { GuestHost } from './host.ts';
export { guestLife, type GuestStep } from './lifecycle.ts';
export type { MethodNumbering } from './outgoing.ts';
export { platformImports } from './platform-imports.ts';
export { type Generation, type GuestInterface, type GuestProfile, type ProfileOptions, profileOf } from './profile.ts';
export { type RequestChanges, RequestFields } from './request-fields.ts';
export type { FunctionRequest, RequestView } from './request.ts';
export { WASI_MODULE, WASI_SIGNATURES, WASI_UNSTABLE_MODULE, type WasiFunction } from './signatures.ts';
