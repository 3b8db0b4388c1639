/** Asks of an instance whatever it can be made to do, and whether it is as new after a renewal. */
import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { type ModuleImport, prepareModule, RENEW_EXPORT } from '../../src/compute/wasm/index.ts';
import { makeKillToken } from '../../src/compute/sandbox/guest/kill.ts';
import { noiseOf } from './wasm-comparison.ts';
import { call, type Guest, type Imports, renew, run } from './wasm-engine.ts';
import { exposing, ownFunctions, wholeState } from './wasm-state.ts';

const PAGE = 65_536;
const ROUNDS = 4;
const CALLS = 12;
/** How often a guest may look at the flag before its call is ended: what was made from noise may run for ever. */
const LOOKS = 500;
const killToken = makeKillToken();

/** What was found out about a module. */
export interface Renewals {
  /** How often an instance was renewed; 0 when the module is not one that can be. */
  readonly renewals: number;
  /** Before how many of them it was not as new. */
  readonly changes: number;
}

/**
 * Calls exports of the valid module `bytes` in a random order with random arguments, all interrupted and some ended, and asserts that after a
 * renewal all that the instance keeps is what a new one has: memory, every global, every table.
 */
export function assertRenewed(
  bytes: Uint8Array,
  seed: number,
  host: (imports: readonly ModuleImport[]) => Imports,
): Renewals {
  const found = { renewals: 0, changes: 0 };
  if (prepareModule(bytes).renewExport === undefined) return found;
  const prepared = prepareModule(exposing(bytes));
  assert.equal(prepared.renewExport, RENEW_EXPORT);
  let looks = 0;
  const onYield = (): void => {
    if (++looks > LOOKS) throw killToken;
  };
  const start = (): Guest | undefined => {
    try {
      return run(prepared, host(prepared.imports), onYield);
    } catch (error) {
      // An element segment that does not fit, or a start function that traps: then it does so every time.
      assert.ok(error instanceof Error);
      return undefined;
    }
  };
  const fresh = start();
  const guest = start();
  if (fresh === undefined || guest === undefined) return found;
  const first = wholeState(fresh);
  assert.deepEqual(wholeState(guest), first);
  const noise = noiseOf(seed, 4096);
  let next = 0;
  const draw = (): number => noise[next++ % noise.length] as number;
  const exports = ownFunctions(guest).filter((title) => title !== RENEW_EXPORT);
  for (let round = 0; round < ROUNDS && exports.length > 0; round++) {
    for (let i = 0; i < CALLS; i++) {
      guest.flag[0] = 1;
      looks = 0;
      const title = exports[draw() % exports.length] as string;
      try {
        callAny(guest, title, draw);
      } catch {
        // A trap, an exception, or an argument of a type that JavaScript has none of: all of them are to be renewed from.
      }
    }
    guest.flag[0] = 0;
    const hasGrown = guest.memory !== undefined && guest.memory.buffer.byteLength > prepared.memory.minPages * PAGE;
    const isChanged = !hasGrown && !isDeepStrictEqual(wholeState(guest), first);
    if (!renew(guest, prepared)) break;
    found.renewals++;
    if (isChanged) found.changes++;
    assert.deepEqual(wholeState(guest), first);
  }
  return found;
}

function callAny(guest: Guest, title: string, draw: () => number): void {
  const parameters = (guest.exports[title] as (...args: unknown[]) => unknown).length;
  const args = Array.from({ length: parameters }, () => (draw() << 24) | (draw() << 12) | draw());
  try {
    call(guest, title, ...args);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    call(guest, title, ...args.map(BigInt));
  }
}
