/**
 * A Sat: dials its gateway, offers itself, runs functions in its sandbox under its owner's ceiling.
 *
 * Specification: `docs/protocol/constellation.md` · layer 3.
 * Read: sat.ts (dials for ever), sat-session.ts (one session), module-shelf.ts, gateway-asker.ts, module-cache.ts.
 * Invariants: no listener; nothing is offered to a peer that may not be our gateway; a function gets the intersection of its
 * grants and the ceiling; a module runs only if its SHA-256 is right; every CALL gets one RESULT or REJECTED; calls end with
 * the session that brought them. `conformance.ts` tests every module cache.
 */
export { SatError } from './errors.ts';
export type { SatEvent } from './events.ts';
export { DEFAULT_SAT_LIMITS, type SatLimits } from './limits.ts';
export { MemoryModuleCache, type ModuleCache } from './module-cache.ts';
export { DiskModuleCache, type DiskModuleCacheOptions } from './module-cache-disk.ts';
export { Sat, type SatOptions, type SatStatus } from './sat.ts';
