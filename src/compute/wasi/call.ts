/** The state of one call as the functions of WASI see it. */
import type { GuestMemory, WasiFunction } from '../abi/index.ts';
import type { CapabilityAnswer, LogLevel } from '../capability/index.ts';
import { DescriptorTable } from './descriptors.ts';
import { Errno, WasiFault } from './errno.ts';
import { type FileAnswer, type FileOperation, MAX_TRANSFER_BYTES, unpackFileAnswer } from './operation.ts';
import { NO_SESSION, type WasiSession } from './session.ts';
import { StandardStreams } from './standard-streams.ts';

/** What WASI needs from whoever runs the guest. Anything that throws must throw what a guest cannot catch. */
export interface WasiPort {
  /** Called at the start of every function; may throw to end the guest. */
  readonly count: () => void;
  /** One line for the log of this call. */
  readonly log: (level: LogLevel, message: string) => void;
  /** The guest asked to end with `code`: always throws. */
  readonly exit: (code: number) => never;
  /** The guest wrote more than it may: always throws. */
  readonly outputTooLarge: (bytes: number) => never;
  /** Fills `target` with cryptographically strong random bytes. */
  readonly random: (target: Uint8Array) => void;
  /** Wall-clock time in milliseconds since the Unix epoch. */
  readonly wallMs: () => number;
  /** Milliseconds since an arbitrary start, with fractions. */
  readonly monotonicMs: () => number;
  /** Suspends the guest for `ms`, or until its turn comes again if that is 0. */
  readonly sleep: (ms: number) => Promise<void>;
  /** Suspends the guest until the operation is done; see `packFileAnswer` for the answer. */
  readonly files: (operation: FileOperation) => Promise<CapabilityAnswer>;
}

/** What a call brings along. */
export interface WasiCallOptions {
  /** What was granted; undefined for nothing. */
  readonly session?: WasiSession | undefined;
  /**
   * For a command: its standard input, and the bound on what it writes to its standard output, which is its result. Other
   * guests have an empty input, and write to the log.
   */
  readonly command?: { readonly input: Uint8Array; readonly outputBytes: number } | undefined;
  /** Largest piece of one read or write, bytes. */
  readonly transferBytes: number;
}

/** One call's descriptors, input and output. */
export class WasiCall {
  readonly session: WasiSession;
  /** Nothing was granted and it is no command: there are no descriptors but an output for the log. */
  readonly bare: boolean;
  readonly transferBytes: number;
  readonly #command: WasiCallOptions['command'];
  readonly #port: WasiPort;
  /** Made when they are first used: what a compiler links in is seldom called. */
  #descriptors: DescriptorTable | undefined;
  #streams: StandardStreams | undefined;
  #read = 0;
  #written: Uint8Array[] = [];
  #writtenBytes = 0;

  constructor(port: WasiPort, options: WasiCallOptions) {
    const { session, command } = options;
    this.#port = port;
    this.#command = command;
    this.session = session ?? NO_SESSION;
    this.bare = session === undefined && command === undefined;
    this.transferBytes = Math.max(1, Math.min(MAX_TRANSFER_BYTES, options.transferBytes));
  }

  /** The files, directories and streams that are open. */
  get descriptors(): DescriptorTable {
    return (this.#descriptors ??= new DescriptorTable(this.session));
  }

  /** How much of the standard input has not been read. */
  get inputLeft(): number {
    return (this.#command?.input.length ?? 0) - this.#read;
  }

  /** The next `length` bytes of the standard input, fewer at its end. */
  readInput(length: number): Uint8Array {
    const bytes = this.#command?.input.subarray(this.#read, this.#read + length) ?? new Uint8Array(0);
    this.#read += bytes.length;
    return bytes;
  }

  /** Whether what is written to `stream` is the result of the call; otherwise it goes to the log. */
  collects(stream: number): boolean {
    return stream === 1 && this.#command !== undefined;
  }

  /** Takes bytes for the standard output or error; the array becomes this object's. */
  write(stream: number, bytes: Uint8Array): void {
    if (!this.collects(stream)) {
      this.#streams ??= new StandardStreams(this.#port.log);
      this.#streams.write(stream, bytes);
      return;
    }
    const total = this.#writtenBytes + bytes.length;
    if (total > (this.#command?.outputBytes ?? 0)) this.#port.outputTooLarge(total);
    this.#writtenBytes = total;
    this.#written.push(bytes);
  }

  /** Ends the lines of the log; returns what a command wrote to its standard output, undefined for other guests. */
  end(): Uint8Array | undefined {
    this.#streams?.end();
    if (this.#command === undefined) return undefined;
    const output = new Uint8Array(this.#writtenBytes);
    let offset = 0;
    for (const bytes of this.#written) {
      output.set(bytes, offset);
      offset += bytes.length;
    }
    this.#written = [];
    return output;
  }
}

/** A WASI function as the engine calls it; i64 parameters arrive as bigint. */
export type WasiHostFunction = (...args: never[]) => number | Promise<number>;

/** The functions `N`. */
export type WasiFunctions<N extends WasiFunction = WasiFunction> = Readonly<Record<N, WasiHostFunction>>;

/** What the functions of one place for guests work on; the call changes from guest to guest. */
export interface WasiContext {
  readonly memory: GuestMemory;
  readonly port: WasiPort;
  /** 1 for preview 1, 0 for the snapshot before it. */
  readonly snapshot: 0 | 1;
  readonly call: () => WasiCall;
}

/** Has the operation done. @throws {WasiFault} when it fails */
export async function perform(context: WasiContext, operation: FileOperation): Promise<FileAnswer> {
  const answer = await context.port.files(operation);
  if (!answer.ok) throw new WasiFault(Errno.io);
  const unpacked = unpackFileAnswer(answer.value);
  if (unpacked.errno !== Errno.success) throw new WasiFault(unpacked.errno);
  return unpacked;
}

/** The field that every answer to an operation of this kind has. @throws {WasiFault} io when it has not */
export function present<T>(field: T | undefined): T {
  if (field === undefined) throw new WasiFault(Errno.io);
  return field;
}

/** @throws {WasiFault} fault when the memory does not hold `length` bytes at `pointer` */
export function mustHold(context: WasiContext, pointer: number, length: number): void {
  if (!context.memory.holds(pointer, length)) throw new WasiFault(Errno.fault);
}
