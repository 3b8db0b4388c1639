/** Arguments, environment, clocks, chance and the end of a process; and what is not there at all. */
import { utf8 } from '../../kernel/index.ts';
import { type WasiContext, type WasiFunctions, mustHold } from './call.ts';
import { Errno } from './errno.ts';

/** One host function cannot be interrupted, so no call may ask for more randomness than takes about a millisecond. */
const MAX_RANDOM_BYTES = 1 << 20;
const CLOCKS = 4;
const REALTIME = 0;

/** The present of `clock`, nanoseconds, in the steps that were granted; undefined when there is no such clock. */
export function clockTime(context: WasiContext, clock: number): bigint | undefined {
  if (clock >>> 0 >= CLOCKS) return undefined;
  const step = BigInt(context.call().session.clockResolutionNs);
  return (exactTime(context, clock) / step) * step;
}

/** The present of one of the clocks, nanoseconds, as exactly as the host knows it; not for the guest. */
export function exactTime({ port }: WasiContext, clock: number): bigint {
  const ms = clock === REALTIME ? port.wallMs() : port.monotonicMs();
  // Whole milliseconds apart, because their nanoseconds do not fit into a number.
  const wholeMs = Math.floor(ms);
  return BigInt(wholeMs) * 1_000_000n + BigInt(Math.round((ms - wholeMs) * 1e6));
}

/** Functions that are answered at once and need no descriptors. */
export function processFunctions(
  context: WasiContext,
): WasiFunctions<
  | 'args_get'
  | 'args_sizes_get'
  | 'environ_get'
  | 'environ_sizes_get'
  | 'clock_res_get'
  | 'clock_time_get'
  | 'random_get'
  | 'proc_exit'
  | 'proc_raise'
  | 'sched_yield'
  | 'sock_accept'
  | 'sock_recv'
  | 'sock_send'
  | 'sock_shutdown'
> {
  const { memory, port, call } = context;

  const sizes = (texts: readonly string[], count: number, bytes: number): number => {
    const total = texts.reduce((sum, text) => sum + utf8(text).length + 1, 0);
    return memory.writeU32(count, texts.length) && memory.writeU32(bytes, total) ? Errno.success : Errno.fault;
  };

  /** Writes the pointers of all texts to `list`, the texts, each with a NUL after it, to `buffer`. */
  const write = (texts: readonly string[], list: number, buffer: number): number => {
    const encoded = texts.map((text) => utf8(`${text}\0`));
    mustHold(context, list, encoded.length * 4);
    mustHold(
      context,
      buffer,
      encoded.reduce((sum, bytes) => sum + bytes.length, 0),
    );
    let at = buffer >>> 0;
    for (const [index, bytes] of encoded.entries()) {
      memory.writeU32((list >>> 0) + index * 4, at);
      memory.write(at, bytes);
      at += bytes.length;
    }
    return Errno.success;
  };

  return {
    args_get: (list: number, buffer: number) => write(call().session.arguments, list, buffer),
    args_sizes_get: (count: number, bytes: number) => sizes(call().session.arguments, count, bytes),
    environ_get: (list: number, buffer: number) => write(call().session.environment, list, buffer),
    environ_sizes_get: (count: number, bytes: number) => sizes(call().session.environment, count, bytes),
    clock_res_get: (clock: number, pointer: number) => {
      if (clock >>> 0 >= CLOCKS) return Errno.inval;
      return memory.writeU64(pointer, BigInt(call().session.clockResolutionNs)) ? Errno.success : Errno.fault;
    },
    clock_time_get: (clock: number, _precision: bigint, pointer: number) => {
      const time = clockTime(context, clock);
      if (time === undefined) return Errno.inval;
      return memory.writeU64(pointer, time) ? Errno.success : Errno.fault;
    },
    random_get: (pointer: number, length: number) => {
      if (length >>> 0 > MAX_RANDOM_BYTES) return Errno.inval;
      return memory.fill(pointer, length, port.random) ? Errno.success : Errno.fault;
    },
    proc_exit: (code: number) => port.exit(code),
    proc_raise: () => Errno.nosys,
    sched_yield: () => Errno.success,
    sock_accept: () => Errno.nosys,
    sock_recv: () => Errno.nosys,
    sock_send: () => Errno.nosys,
    sock_shutdown: () => Errno.nosys,
  };
}
