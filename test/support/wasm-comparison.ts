/** Runs a module as it was written and as it was rewritten, and compares what both did. */
import assert from 'node:assert/strict';
import {
  type ExternalType,
  type ModuleImport,
  type PreparedModule,
  RENEW_EXPORT,
  type ValueType,
} from '../../src/compute/wasm/index.ts';
import { call, engine, type Imports, renew, run } from './wasm-engine.ts';

/** Makes a host that notes what is called in `log`. */
export type HostMaker = (log: unknown[]) => Imports;

/**
 * Asserts that `prepared`, made from `bytes`, is valid and does what the original does: results and traps of every export
 * in turn, calls of imports, memory. With the flag down, with the flag up all the time, and once more in an instance that was
 * renewed after all of this.
 * @returns how often the interrupted guest looked up, and whether it could be renewed.
 */
export function assertSame(
  bytes: Uint8Array,
  prepared: PreparedModule,
  imports: HostMaker,
): { yields: number; isRenewed: boolean } {
  assert.ok(engine.validate(prepared.bytes));
  const [before, quiet, interrupted]: [unknown[], unknown[], unknown[]] = [[], [], []];
  record(new engine.Instance(new engine.Module(bytes), imports(before)).exports, before);
  record(run(prepared, imports(quiet)).exports, quiet);
  assert.deepEqual(quiet, before);
  const guest = run(prepared, imports(interrupted));
  guest.flag[0] = 1;
  record(guest.exports, interrupted);
  assert.deepEqual(interrupted, before);
  guest.flag[0] = 0;
  interrupted.length = 0;
  const isRenewed = renew(guest, prepared);
  if (isRenewed) {
    record(guest.exports, interrupted);
    assert.deepEqual(interrupted, before);
  }
  return { yields: guest.yields(), isRenewed };
}

/** A host for any imports: functions note their arguments and give zeroes. */
export function anyHost(imports: readonly ModuleImport[], log: unknown[]): Imports {
  const host: Record<string, Record<string, unknown>> = {};
  for (const { module, name, ...what } of imports) {
    (host[module] ??= {})[name] = supply(name, what, log);
  }
  return host;
}

function record(exports: Record<string, unknown>, log: unknown[]): void {
  for (const [name, value] of Object.entries(exports)) {
    if (typeof value !== 'function' || name === RENEW_EXPORT) continue;
    const args = Array.from({ length: value.length }, (_, i) => i + 1);
    try {
      log.push([name, comparable(call({ exports }, name, ...args))]);
    } catch (error) {
      log.push([name, error instanceof Error ? error.message : Object.prototype.toString.call(error)]);
    }
  }
  const { memory } = exports as { memory?: { buffer: ArrayBuffer } };
  if (memory !== undefined) log.push(Buffer.from(memory.buffer.slice(0)).toString('latin1'));
}

/** Functions of two instances are never the same object; that there is one is what can be compared. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  return typeof value === 'function' ? 'a function' : value;
}

function supply(name: string, what: ExternalType, log: unknown[]): unknown {
  switch (what.kind) {
    case 'function':
      return (...args: unknown[]) => {
        log.push([name, ...args.map(comparable)]);
        return zero(what.type.results[0]);
      };
    case 'global':
      return new engine.Global(what.type, zero(what.type.value));
    case 'tag':
      return new engine.Tag({ parameters: [...what.type.params] });
    default:
      return assert.fail(`the toolchain imports no ${what.kind}`);
  }
}

function zero(type: ValueType | undefined): unknown {
  if (type === undefined) return undefined;
  if (type === 'i64') return 0n;
  return type.endsWith('ref') ? null : 0;
}

/** Bytes that look random and are always the same for one seed. */
export function noiseOf(seed: number, length: number): Uint8Array {
  let state = seed * 0x9e3779b1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
