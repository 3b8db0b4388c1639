import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { wasm } from '../../src/compute/abi/engine.ts';
import { GuestMemory, type WasiFunction } from '../../src/compute/abi/index.ts';
import { WasiCall, type WasiCallOptions, type WasiPort } from '../../src/compute/wasi/call.ts';
import { FileRoom, GrantedFiles, sessionOf, type WasiGrant } from '../../src/compute/wasi/host/index.ts';
import type { FileOperation } from '../../src/compute/wasi/operation.ts';
import { wasiFunctions } from '../../src/compute/wasi/wasi-host.ts';
import { concat, utf8 } from '../../src/kernel/index.ts';
import { realClock, wasi } from './guests.ts';
import { Ended } from './host-binding.ts';
import { assemble } from './wasm-engine.ts';

/** Every right there is. */
export const ALL_RIGHTS = 0xfffffffn;

/** Why tests of granted directories do not run here; false where they do. */
export const noDirectories: string | false =
  process.platform === 'linux' ? false : 'directories can be granted on Linux only';

/** A WASI host without a guest: tests call its functions as the engine would, with pointers into a real memory. */
export interface BareWasi extends AsyncDisposable {
  readonly memory: GuestMemory;
  readonly state: WasiCall;
  readonly logs: string[];
  readonly slept: number[];
  readonly operations: FileOperation[];
  /** How many functions were counted. */
  readonly counted: () => number;
  readonly call: (name: WasiFunction, ...args: (number | bigint)[]) => number | Promise<number>;
  /** Puts bytes into the memory; returns pointer and length, to be spread into arguments. */
  readonly put: (value: string | Uint8Array) => [pointer: number, length: number];
  /** A list of buffers that hold `chunks`: pointer and count. */
  readonly vectors: (...chunks: (string | Uint8Array)[]) => [pointer: number, count: number];
  /** Opens `name` in descriptor 3 with all rights; returns the descriptor, or minus the errno. */
  readonly open: (
    name: string,
    options?: { oflags?: number; flags?: number; rights?: bigint; from?: number; follow?: boolean },
  ) => Promise<number>;
  /** Reads up to `length` bytes; a text, or the errno. */
  readonly read: (descriptor: number, length?: number) => Promise<string | number>;
  /** Writes a text; the errno. */
  readonly write: (descriptor: number, text: string) => Promise<number>;
}

/** Memory at which answers can be put. */
export const OUT = 16;

/** A call with `grant`, on the files of this machine. */
export function bareWasi(
  options: {
    grant?: WasiGrant;
    handles?: number;
    command?: WasiCallOptions['command'];
    snapshot?: 0 | 1;
    transferBytes?: number;
    room?: FileRoom;
    files?: WasiPort['files'];
    /** How much earlier than asked for a sleep of more than 1 ms ends. */
    earlyMs?: number;
  } = {},
): BareWasi {
  const {
    grant,
    handles,
    command,
    snapshot = 1,
    transferBytes = 1 << 20,
    room = new FileRoom(),
    earlyMs = 0,
  } = options;
  const memory = new GuestMemory(new wasm.Memory({ initial: 64, maximum: 64 }));
  const logs: string[] = [];
  const slept: number[] = [];
  const operations: FileOperation[] = [];
  let counted = 0;
  let next = 65_536;
  let monotonicMs = 5.67;
  const files = grant && new GrantedFiles(room, grant, handles);
  const port: WasiPort = {
    count: () => {
      counted++;
    },
    log: (level, message) => logs.push(`${level}: ${message}`),
    exit: (code) => {
      throw new Ended(`exit ${code}`);
    },
    outputTooLarge: (bytes) => {
      throw new Ended(`output of ${bytes}`);
    },
    random: (target) => {
      target.fill(7);
    },
    wallMs: () => 1_700_000_000_123.5,
    monotonicMs: () => monotonicMs,
    sleep: async (ms) => {
      slept.push(ms);
      monotonicMs += ms > 1 ? ms - earlyMs : ms;
    },
    files: async (operation) => {
      operations.push(operation);
      if (options.files !== undefined) return options.files(operation);
      return files?.perform(operation) ?? { ok: false, message: 'nothing was granted', reason: 'refused' };
    },
  };
  const state = new WasiCall(port, { session: grant && sessionOf(grant, handles), command, transferBytes });
  const functions = wasiFunctions({ memory, port, snapshot, call: () => state });
  const call: BareWasi['call'] = (name, ...args) =>
    (functions[name] as (...args: (number | bigint)[]) => number | Promise<number>)(...args);
  const put: BareWasi['put'] = (value) => {
    const bytes = typeof value === 'string' ? utf8(value) : value;
    const pointer = next;
    memory.write(pointer, bytes);
    next += Math.ceil((bytes.length + 1) / 8) * 8;
    return [pointer, bytes.length];
  };
  const vectors: BareWasi['vectors'] = (...chunks) => {
    const list = chunks.map((chunk) => new Uint8Array(new Uint32Array(put(chunk)).buffer));
    return [put(concat(...list))[0], chunks.length];
  };
  return {
    memory,
    state,
    logs,
    slept,
    operations,
    counted: () => counted,
    call,
    put,
    vectors,
    open: async (name, { oflags = 0, flags = 0, rights = ALL_RIGHTS, from = 3, follow = true } = {}) => {
      const errno = await call('path_open', from, follow ? 1 : 0, ...put(name), oflags, rights, ALL_RIGHTS, flags, OUT);
      return errno === 0 ? (memory.readU32(OUT) ?? 0) : -errno;
    },
    read: async (descriptor, length = 100) => {
      const errno = await call('fd_read', descriptor, ...vectors(new Uint8Array(length)), OUT);
      const buffer = next - Math.ceil((8 + 1) / 8) * 8 - Math.ceil((length + 1) / 8) * 8;
      return errno === 0 ? (memory.text(buffer, memory.readU32(OUT) ?? 0) ?? '') : errno;
    },
    write: async (descriptor, text) => call('fd_write', descriptor, ...vectors(text), OUT),
    [Symbol.asyncDispose]: async () => {
      files?.close();
      await room.idle(realClock, 10_000);
    },
  };
}

/** A folder that is removed when it is disposed of. */
export function temporaryFolder(): { readonly path: string } & Disposable {
  const folder = mkdtempSync(path.join(tmpdir(), 'perigee-wasi-'));
  return { path: folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * A program that writes its arguments, its environment, what is in the file `name` of descriptor 3, and two bytes: the errnos of
 * making a file in descriptors 3 and 4.
 */
export function wasiProgram(): Uint8Array {
  const make = (at: number, directory: number): string =>
    `(i32.store8 (i32.const ${at}) (call $path_open (i32.const ${directory}) (i32.const 1) (i32.const 600) (i32.const 4)
      (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 44)))`;
  const vector = (index: number, pointer: number, length: string): string =>
    `(i32.store (i32.const ${64 + 8 * index}) (i32.const ${pointer})) (i32.store (i32.const ${68 + 8 * index}) ${length})`;
  return assemble(`(module
    ${wasi('args_sizes_get', 'i32 i32')} ${wasi('args_get', 'i32 i32')}
    ${wasi('environ_sizes_get', 'i32 i32')} ${wasi('environ_get', 'i32 i32')}
    ${wasi('path_open', 'i32 i32 i32 i32 i32 i64 i64 i32 i32')}
    ${wasi('fd_read', 'i32 i32 i32 i32')} ${wasi('fd_write', 'i32 i32 i32 i32')}
    (memory (export "memory") 1) (data (i32.const 512) "name") (data (i32.const 600) "made")
    (func (export "_start")
      (if (call $args_sizes_get (i32.const 0) (i32.const 4)) (then unreachable))
      (if (call $args_get (i32.const 1024) (i32.const 2048)) (then unreachable))
      (if (call $environ_sizes_get (i32.const 8) (i32.const 12)) (then unreachable))
      (if (call $environ_get (i32.const 1024) (i32.const 8192)) (then unreachable))
      (if (call $path_open (i32.const 3) (i32.const 1) (i32.const 512) (i32.const 4) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 40)) (then unreachable))
      (i32.store (i32.const 32) (i32.const 16384)) (i32.store (i32.const 36) (i32.const 100))
      (if (call $fd_read (i32.load (i32.const 40)) (i32.const 32) (i32.const 1) (i32.const 48)) (then unreachable))
      ${make(20_000, 3)} ${make(20_001, 4)}
      ${vector(0, 2048, '(i32.load (i32.const 4))')} ${vector(1, 8192, '(i32.load (i32.const 12))')}
      ${vector(2, 16_384, '(i32.load (i32.const 48))')} ${vector(3, 20_000, '(i32.const 2)')}
      (if (call $fd_write (i32.const 1) (i32.const 64) (i32.const 4) (i32.const 60)) (then unreachable))))`);
}
