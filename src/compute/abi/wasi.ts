/**
 * WASI preview 1 for guests that have no files, sockets, arguments or environment (`runnable-abi.md` §10).
 *
 * The whole interface is there so that modules instantiate; what has no meaning here answers `badf` or `nosys`.
 */
import type { LogLevel } from '../capability/index.ts';
import type { HostBinding } from './env.ts';
import type { WasiFunction } from './signatures.ts';

/** Error numbers of preview 1. */
const Errno = { success: 0, badf: 8, fault: 21, inval: 28, nosys: 52 } as const;

const MAX_VECTORS = 1024;
/** One host function cannot be interrupted, so no call may ask for more randomness than takes about a millisecond. */
const MAX_RANDOM_BYTES = 1 << 20;
const MAX_LINE_BYTES = 8192;
/** Clocks no finer than this, so that a guest cannot time the caches of its neighbours. */
const CLOCK_RESOLUTION_NS = 100_000n;
const CLOCKS = 4;
const REALTIME = 0;

/** A WASI function as the engine calls it; i64 parameters arrive as bigint. */
export type WasiHostFunction = (...args: never[]) => number;

const badf: WasiHostFunction = () => Errno.badf;
const nosys: WasiHostFunction = () => Errno.nosys;

/** What guests write to file descriptors 1 and 2, cut into lines for the log of the call. */
export class StandardStreams {
  readonly #log: (level: LogLevel, message: string) => void;
  readonly #open = new Map<number, { text: string; readonly decoder: TextDecoder }>();

  constructor(log: (level: LogLevel, message: string) => void) {
    this.#log = log;
  }

  /** Takes bytes written to `descriptor`; complete lines, and pieces of 8 KiB, are logged at once. */
  write(descriptor: number, bytes: Uint8Array): void {
    let stream = this.#open.get(descriptor);
    if (stream === undefined) {
      stream = { text: '', decoder: new TextDecoder('utf-8', { ignoreBOM: true }) };
      this.#open.set(descriptor, stream);
    }
    const lines = (stream.text + stream.decoder.decode(bytes, { stream: true })).split('\n');
    stream.text = lines.pop() ?? '';
    for (const line of lines) this.#emit(descriptor, line);
    if (stream.text.length > MAX_LINE_BYTES) {
      this.#emit(descriptor, stream.text);
      stream.text = '';
    }
  }

  /** Logs what is left without a line end, and forgets everything. */
  end(): void {
    for (const [descriptor, stream] of this.#open) if (stream.text !== '') this.#emit(descriptor, stream.text);
    this.#open.clear();
  }

  #emit(descriptor: number, line: string): void {
    for (let start = 0; start === 0 || start < line.length; start += MAX_LINE_BYTES) {
      this.#log(descriptor === 2 ? 'error' : 'info', line.slice(start, start + MAX_LINE_BYTES));
    }
  }
}

/** All functions of preview 1, working on `binding`; output goes to `streams`. */
export function wasiFunctions(
  binding: HostBinding,
  streams: StandardStreams,
): Readonly<Record<WasiFunction, WasiHostFunction>> {
  const { memory, port } = binding;
  const sizes = (count: number, size: number): number =>
    memory.writeU32(count, 0) && memory.writeU32(size, 0) ? Errno.success : Errno.fault;
  const now = (clock: number): bigint =>
    BigInt(Math.floor((clock === REALTIME ? port.wallMs() : port.monotonicMs()) * 10)) * CLOCK_RESOLUTION_NS;

  return {
    args_get: () => Errno.success,
    args_sizes_get: sizes,
    environ_get: () => Errno.success,
    environ_sizes_get: sizes,
    clock_res_get: (clock: number, pointer: number) => {
      if (clock >>> 0 >= CLOCKS) return Errno.inval;
      return memory.writeU64(pointer, CLOCK_RESOLUTION_NS) ? Errno.success : Errno.fault;
    },
    clock_time_get: (clock: number, _precision: bigint, pointer: number) => {
      if (clock >>> 0 >= CLOCKS) return Errno.inval;
      return memory.writeU64(pointer, now(clock)) ? Errno.success : Errno.fault;
    },
    fd_write: (descriptor: number, vectors: number, count: number, written: number) => {
      port.count();
      if (descriptor !== 1 && descriptor !== 2) return Errno.badf;
      if (count >>> 0 > MAX_VECTORS) return Errno.inval;
      let total = 0;
      for (let i = 0; i < count; i++) {
        const pointer = memory.readU32(vectors + i * 8);
        const length = memory.readU32(vectors + i * 8 + 4);
        if (pointer === undefined || length === undefined) return Errno.fault;
        // A short write is legal: the guest comes again with the rest.
        const bytes = memory.copy(pointer, Math.min(length, MAX_LINE_BYTES));
        if (bytes === undefined) return Errno.fault;
        streams.write(descriptor, bytes);
        total += bytes.length;
        if (bytes.length < length) break;
      }
      return memory.writeU32(written, total) ? Errno.success : Errno.fault;
    },
    random_get: (pointer: number, length: number) => {
      port.count();
      if (length >>> 0 > MAX_RANDOM_BYTES) return Errno.inval;
      return memory.fill(pointer, length, port.random) ? Errno.success : Errno.fault;
    },
    proc_exit: (code: number) => port.exit(code),
    sched_yield: () => Errno.success,
    fd_advise: badf,
    fd_allocate: badf,
    fd_close: badf,
    fd_datasync: badf,
    fd_fdstat_get: badf,
    fd_fdstat_set_flags: badf,
    fd_fdstat_set_rights: badf,
    fd_filestat_get: badf,
    fd_filestat_set_size: badf,
    fd_filestat_set_times: badf,
    fd_pread: badf,
    fd_prestat_get: badf,
    fd_prestat_dir_name: badf,
    fd_pwrite: badf,
    fd_read: badf,
    fd_readdir: badf,
    fd_renumber: badf,
    fd_seek: badf,
    fd_sync: badf,
    fd_tell: badf,
    path_create_directory: nosys,
    path_filestat_get: nosys,
    path_filestat_set_times: nosys,
    path_link: nosys,
    path_open: nosys,
    path_readlink: nosys,
    path_remove_directory: nosys,
    path_rename: nosys,
    path_symlink: nosys,
    path_unlink_file: nosys,
    poll_oneoff: nosys,
    proc_raise: nosys,
    sock_accept: nosys,
    sock_recv: nosys,
    sock_send: nosys,
    sock_shutdown: nosys,
  };
}
