import { BodyWriter } from './body-writer.ts';
import type { BranchHintRecorder, GivenHints } from './branch-hints.ts';
import {
  type ByteReader,
  type ByteWriter,
  type Declarations,
  readBlockType,
  readReferenceType,
  readValueType,
} from '../format/index.ts';
import type { CodeMapRecorder } from './code-map.ts';
import { ControlStack } from './control-stack.ts';
import { flagCheck } from './flag-check.ts';
import { MAX_ALIGNMENT, readAccess, readMemoryIndex, readMiscImmediates, readSimdImmediates } from './immediates.ts';
import type { ModuleLimits } from '../limits.ts';
import type { FunctionType } from '../module.ts';
import * as op from './opcodes.ts';

/** Ours: units of effort for each operand that a call takes or gives (measured: 0.4 µs each beyond the registers). */
const CALL_WEIGHT = 16;
/** Kinds of instructions that change a table, or tell whether a segment is there. */
const CHANGES_TABLES_OR_SEGMENTS: ReadonlySet<number> = new Set([
  op.SEGMENT_DROP,
  op.MEMORY_INIT,
  op.TABLE_BULK,
  op.TABLE_BULK_PAIR,
]);

/**
 * Rewrites function bodies one at a time: checks every instruction, renumbers functions, puts in the flag checks.
 *
 * A check goes where a guest could otherwise run on: at each function's entry, at each loop's head, and before each bulk
 * operation, because a long straight line of 64 MiB fills needs no loop. Everything else is copied byte for byte.
 */
export class FunctionRewriter {
  /** Whether any instruction so far makes a table larger. */
  growsTables = false;
  /** Whether no instruction so far changes a table, or drops or reads a segment: all that a call leaves behind is in memory and globals. */
  sparesTablesAndSegments = true;
  readonly #reader: ByteReader;
  readonly #module: Declarations;
  readonly #limits: ModuleLimits;
  readonly #renumber: (index: number) => number;
  readonly #output: BodyWriter;
  readonly #control = new ControlStack();

  constructor(
    reader: ByteReader,
    module: Declarations,
    limits: ModuleLimits,
    renumber: (index: number) => number,
    given: GivenHints,
    hints: BranchHintRecorder,
  ) {
    this.#reader = reader;
    this.#module = module;
    this.#limits = limits;
    this.#renumber = renumber;
    const check = flagCheck(module, limits.flagOffset);
    this.#output = new BodyWriter(reader.bytes, check, given, hints, limits.maxRewrittenBytes);
  }

  /** Checks put in so far. */
  get checks(): number {
    return this.#output.checks;
  }

  /** Where everything went. */
  get map(): CodeMapRecorder {
    return this.#output.map;
  }

  /**
   * Reads the body of function `index`, of type `type`, and appends it, rewritten, to `writer`; returns its compile effort.
   * @throws {WasmError} WASM_FUNCTION_TOO_LARGE, WASM_TOO_MANY_LOCALS, WASM_NESTING_TOO_DEEP, WASM_FUNCTION_TOO_COMPLEX,
   * WASM_UNKNOWN_OPCODE, WASM_UNSUPPORTED_FEATURE, WASM_INDEX_OUT_OF_RANGE, WASM_MALFORMED, WASM_TRUNCATED, WASM_MALFORMED_LEB
   */
  rewrite(index: number, type: FunctionType, writer: ByteWriter): number {
    const reader = this.#reader;
    const sectionEnd = reader.end;
    const at = reader.position;
    const size = reader.count(this.#limits.maxFunctionBytes, 'WASM_FUNCTION_TOO_LARGE', 'bytes of a function body');
    reader.window(reader.position, reader.position + size);
    this.#output.begin(index, reader.position);
    this.#control.begin(this.#readLocals(type.params.length), type.results.length);
    this.#checkBefore(reader.position);
    this.#instructions();
    reader.expectEnd('the last instruction of a function');
    this.#output.end(reader.position, this.#renumber(index), writer);
    reader.window(reader.position, sectionEnd);
    const { effort } = this.#control;
    if (effort > this.#limits.maxFunctionEffort) {
      const message = `compiling one function takes ${effort} units, at most ${this.#limits.maxFunctionEffort} are allowed, the one`;
      throw reader.error('WASM_FUNCTION_TOO_COMPLEX', message, at);
    }
    return effort;
  }

  /** Number of locals, parameters included. */
  #readLocals(params: number): number {
    const reader = this.#reader;
    const at = reader.position;
    let locals = params;
    for (let groups = reader.u32(); groups > 0; groups--) {
      locals += reader.u32();
      readValueType(reader);
      if (locals > this.#limits.maxLocals) {
        throw reader.error('WASM_TOO_MANY_LOCALS', `${locals} locals, at most ${this.#limits.maxLocals},`, at);
      }
    }
    return locals;
  }

  /** Walks over instructions up to the one that ends the function. */
  #instructions(): void {
    const reader = this.#reader;
    const control = this.#control;
    const { kinds, effects } = op.OPCODES;
    for (;;) {
      this.#passOver();
      const at = reader.position;
      const opcode = reader.u8();
      control.move(effects[opcode] as number);
      switch (kinds[opcode]) {
        case op.PLAIN:
          break;
        case op.INDEX:
        case op.CONST_32:
          reader.skipLeb(5);
          break;
        case op.TABLE_SET:
          reader.skipLeb(5);
          this.sparesTablesAndSegments = false;
          break;
        case op.CONST_64:
          reader.skipLeb(10);
          break;
        case op.BYTES_4:
          reader.skip(4);
          break;
        case op.BYTES_8:
          reader.skip(8);
          break;
        case op.ACCESS:
          readAccess(reader, this.#module, at);
          break;
        case op.MEMORY_SIZE:
          readMemoryIndex(reader, this.#module, at);
          break;
        case op.MEMORY_GROW:
          readMemoryIndex(reader, this.#module, at);
          this.#checkBefore(at);
          break;
        case op.CALL:
          this.#call(this.#functionIndex());
          break;
        case op.RETURN_CALL:
          this.#call(this.#functionIndex());
          control.leave();
          break;
        case op.CALL_INDIRECT:
          this.#callIndirect();
          break;
        case op.RETURN_CALL_INDIRECT:
          this.#callIndirect();
          control.leave();
          break;
        case op.REF_FUNC:
          this.#functionIndex();
          break;
        case op.REF_NULL:
          readReferenceType(reader);
          break;
        case op.SELECT_TYPED:
          reader.count(1, 'WASM_MALFORMED', 'types of a select');
          readValueType(reader);
          break;
        case op.BLOCK:
          this.#enter(readBlockType(reader, this.#module.types), false);
          break;
        case op.LOOP:
          this.#enter(readBlockType(reader, this.#module.types), true);
          this.#checkBefore(reader.position);
          break;
        case op.IF:
          this.#output.keepHint(at);
          control.move(-1);
          this.#enter(readBlockType(reader, this.#module.types), false);
          break;
        case op.ELSE:
          control.otherwise();
          break;
        case op.CATCH:
          control.handle(this.#tagPayload());
          break;
        case op.CATCH_ALL:
          control.handle(0);
          break;
        case op.THROW:
          this.#tagPayload();
          control.leave();
          break;
        case op.RETHROW:
          reader.skipLeb(5);
          control.leave();
          break;
        case op.TRY_TABLE:
          this.#tryTable();
          break;
        case op.DELEGATE:
          reader.skipLeb(5);
          if (!control.close()) throw reader.error('WASM_MALFORMED', 'a delegate outside of a try', at);
          break;
        case op.END:
          if (!control.close()) return;
          break;
        case op.BRANCH:
          this.#branch();
          control.leave();
          break;
        case op.BRANCH_IF:
          this.#output.keepHint(at);
          this.#branch();
          break;
        case op.BRANCH_TABLE:
          for (let others = reader.u32(); others > 0; others--) this.#branch();
          this.#branch();
          control.leave();
          break;
        case op.TERMINATOR:
          control.leave();
          break;
        case op.PREFIX_MISC:
          this.#misc(at);
          break;
        case op.PREFIX_SIMD:
          this.#simd(at);
          break;
        default:
          throw this.#refused(opcode, at);
      }
    }
  }

  /**
   * Passes over the instructions that are most of any code and need no look: arithmetic, locals, constants, memory accesses.
   * Stops before any other, and before one that is cut off or malformed, which is then looked at slowly and refused.
   */
  #passOver(): void {
    const { bytes, end } = this.#reader;
    const { kinds, effects } = op.OPCODES;
    const { base } = this.#control;
    const hasMemory = this.#module.memory.source !== 'none';
    let { height } = this.#control;
    let position = this.#reader.position;
    while (position < end) {
      const opcode = bytes[position] as number;
      const kind = kinds[opcode] as number;
      let next = position + 1;
      if (kind !== op.PLAIN) {
        if (kind === op.ACCESS) {
          if (!hasMemory || (bytes[next] as number) > MAX_ALIGNMENT) break;
          next++;
        } else if (kind !== op.INDEX && kind !== op.CONST_32) {
          break;
        }
        const longest = next + 4;
        while ((bytes[next] as number) >= 0x80) next++;
        if (next >= end || next > longest) break;
        next++;
      }
      height += effects[opcode] as number;
      if (height < base) height = base;
      position = next;
    }
    this.#reader.position = position;
    this.#control.height = height;
  }

  #misc(at: number): void {
    const reader = this.#reader;
    const opcode = reader.u32();
    this.#control.move(op.MISC_OPCODES.effects[opcode] ?? 0);
    if (readMiscImmediates(reader, this.#module, opcode, at)) this.#checkBefore(at);
    if (opcode === op.TABLE_GROW) this.growsTables = true;
    if (CHANGES_TABLES_OR_SEGMENTS.has(op.MISC_OPCODES.kinds[opcode] as number)) this.sparesTablesAndSegments = false;
  }

  #simd(at: number): void {
    const reader = this.#reader;
    const opcode = reader.u32();
    this.#control.move(op.SIMD_OPCODES.effects[opcode] ?? 0);
    readSimdImmediates(reader, this.#module, opcode, at);
  }

  #tryTable(): void {
    const reader = this.#reader;
    const type = readBlockType(reader, this.#module.types);
    // The labels of the clauses count from outside of this block, so it is entered after them.
    for (let clauses = reader.u32(); clauses > 0; clauses--) {
      const kind = reader.u8();
      if (kind > 3) throw reader.error('WASM_MALFORMED', 'unknown kind of catch clause', reader.position - 1);
      if (kind < 2) this.#tagPayload();
      this.#branch();
    }
    this.#enter(type, false);
  }

  #enter({ params, results }: FunctionType, loop: boolean): void {
    if (this.#control.depth > this.#limits.maxBlockDepth) {
      throw this.#reader.error('WASM_NESTING_TOO_DEEP', `more than ${this.#limits.maxBlockDepth} blocks are open`);
    }
    this.#control.open(params.length, results.length, loop);
  }

  #branch(): void {
    const label = this.#reader.index(this.#control.depth, 'block around this one to branch to:');
    this.#control.branch(label);
  }

  /** Reads a function index, writes its new number, returns its type. */
  #functionIndex(): FunctionType {
    const reader = this.#reader;
    const start = reader.position;
    const index = reader.index(this.#module.functionTypes.length, 'function');
    const renumbered = this.#renumber(index);
    if (renumbered !== index) this.#output.replace(start, reader.position, renumbered);
    return this.#typeAt(this.#module.functionTypes[index] as number);
  }

  #callIndirect(): void {
    const type = this.#reader.index(this.#module.types.length, 'type');
    this.#reader.index(this.#module.tables.length, 'table');
    this.#call(this.#typeAt(type));
  }

  #call({ params, results }: FunctionType): void {
    this.#control.effort += CALL_WEIGHT * (params.length + results.length);
    this.#control.move(-params.length);
    this.#control.move(results.length);
  }

  #tagPayload(): number {
    const tag = this.#reader.index(this.#module.tagTypes.length, 'tag');
    return this.#typeAt(this.#module.tagTypes[tag] as number).params.length;
  }

  #typeAt(index: number): FunctionType {
    return this.#module.types[index] as FunctionType;
  }

  /** Puts a check before the instruction that starts at byte `at`; what has been read of it stays behind the check. */
  #checkBefore(at: number): void {
    this.#output.checkAt(at);
    this.#control.spend(0);
    this.#control.spend(0);
  }

  #refused(opcode: number, at: number): Error {
    const feature = op.refusedFeature(opcode);
    const shown = `0x${opcode.toString(16)}`;
    return feature === undefined
      ? this.#reader.error('WASM_UNKNOWN_OPCODE', `there is no instruction ${shown}`, at)
      : this.#reader.error('WASM_UNSUPPORTED_FEATURE', `${feature} are not supported: instruction ${shown}`, at);
  }
}
