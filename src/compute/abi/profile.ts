/** What can be learned about a guest from its binary, before it runs: which host functions it needs and which dialect it speaks. */
import { quoted, utf8 } from '../../kernel/index.ts';
import type { FunctionType, ModuleExport, ModuleImport } from '../wasm/index.ts';
import { AbiError } from './errors.ts';
import type { MethodNumbering } from './outgoing.ts';
import {
  DESTINATION_FUNCTIONS,
  ENV_MODULE,
  ENV_SIGNATURES,
  type EnvFunction,
  FIRST_FUNCTIONS,
  WASI_MODULE,
  WASI_SIGNATURES,
  WASI_UNSTABLE_MODULE,
  type WasiFunction,
} from './signatures.ts';

/** Imports and exports of a module as its author compiled it. */
export interface GuestInterface {
  readonly imports: readonly ModuleImport[];
  readonly exports: readonly ModuleExport[];
}

/** Generation of the host library a module was built for (`runnable-abi.md` §1). */
export type Generation = 0 | 1 | 2 | 3;

/** One import of module `env` and the host function behind it. */
export interface EnvImport {
  readonly name: string;
  readonly target: EnvFunction;
}

/** Everything the host must know to run a module; plain data, may be posted to other threads. */
export interface GuestProfile {
  /** A `command` is a plain WASI program: it has `_start` and none of the exports of a function (`runnable-abi.md` §10.3). */
  readonly kind: 'function' | 'command';
  readonly generation: Generation;
  readonly methodNumbering: MethodNumbering;
  /** JavaScript guests number query types differently: the configured type counts. */
  readonly javascript: boolean;
  readonly env: readonly EnvImport[];
  readonly wasi: readonly WasiFunction[];
  /** Imports of the snapshot before preview 1. */
  readonly wasiUnstable: readonly WasiFunction[];
  /** Exports to call once before `allocate`, in this order. */
  readonly startup: readonly StartupExport[];
  /** Number of parameters of `deallocate`; undefined when it is not exported. */
  readonly deallocateParameters: 0 | 1 | 2 | undefined;
}

/** One start-up function; `command` is a WASI command's, which may end in `proc_exit(0)`. */
export interface StartupExport {
  readonly name: string;
  readonly command: boolean;
}

/** Upstream's text for −1, part of every SDK since generation 3. */
const GENERATION_3_LITERAL = 'unknown error returned from host';
const SWIFT = /^(.+)_swift$/;

/** Settings that override what the binary tells. */
export interface ProfileOptions {
  /** Export that stands for the module's start section, if it had one. */
  readonly startExport?: string | undefined;
  /** Overrides the static detection of `runnable-abi.md` §9. */
  readonly methodNumbering?: MethodNumbering | undefined;
}

/**
 * Examines a module.
 * @param bytes the binary as its author compiled it, searched for marks of its SDK.
 * @throws {AbiError} ABI_MISSING_EXPORT, ABI_UNKNOWN_IMPORT, ABI_BAD_SIGNATURE
 */
export function profileOf(bytes: Uint8Array, guest: GuestInterface, options: ProfileOptions = {}): GuestProfile {
  const env: EnvImport[] = [];
  const wasi: WasiFunction[] = [];
  const wasiUnstable: WasiFunction[] = [];
  for (const entry of guest.imports) {
    if (entry.kind !== 'function') throw unknownImport(entry);
    if (entry.module === ENV_MODULE) {
      const found = envImport(entry.name, entry.type);
      // The engine looks imports up by name alone: one of the two would get the other's function.
      if (env.some(({ name, target }) => name === found.name && target !== found.target)) {
        throw new AbiError(
          'ABI_BAD_SIGNATURE',
          `import ${quoted(`env.${entry.name}`)} stands twice, with different types`,
        );
      }
      env.push(found);
    } else if (entry.module === WASI_MODULE) wasi.push(wasiImport(entry));
    else if (entry.module === WASI_UNSTABLE_MODULE) wasiUnstable.push(wasiImport(entry));
    else throw unknownImport(entry);
  }
  const functions = new Map<string, FunctionType>();
  for (const entry of guest.exports) if (entry.kind === 'function') functions.set(entry.name, entry.type);
  if (!guest.exports.some((entry) => entry.name === 'memory' && entry.kind === 'memory')) throw missingExport('memory');
  const isCommand = functions.has('_start') && !functions.has('allocate') && !functions.has('run_e');
  if (!isCommand) {
    requireType('allocate', functions.get('allocate'), 1, 1);
    requireType('run_e', functions.get('run_e'), 3, 0);
  }
  const javascript = functions.has('canonical_abi_realloc');
  const generation = generationOf(bytes, env, javascript);
  return {
    kind: isCommand ? 'command' : 'function',
    generation,
    methodNumbering: options.methodNumbering ?? (generation === 3 ? 'current' : 'old'),
    javascript,
    env,
    wasi,
    wasiUnstable,
    startup: startupOf(functions, options.startExport).filter(({ name }) => !(isCommand && name === 'init')),
    deallocateParameters: deallocateParameters(functions.get('deallocate')),
  };
}

/** `runnable-abi.md` §9. Generation 2 and 3 differ only for modules that fetch; the others count as 3. */
function generationOf(bytes: Uint8Array, env: readonly EnvImport[], javascript: boolean): Generation {
  const targets = new Set(env.map((entry) => entry.target));
  if (env.some((entry) => FIRST_FUNCTIONS.has(entry.target))) return 0;
  if (env.some((entry) => DESTINATION_FUNCTIONS.has(entry.target))) return 1;
  if (!targets.has('fetch_url/6') || javascript) return 3;
  if (targets.has('return_abort/7') && targets.has('return_error/4')) return 3;
  return holdsLiteral(bytes) ? 3 : 2;
}

function holdsLiteral(bytes: Uint8Array): boolean {
  const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // As bytes: a search for UTF-16 text would look at even offsets only.
  return (
    haystack.includes(utf8(GENERATION_3_LITERAL)) || haystack.includes(Buffer.from(GENERATION_3_LITERAL, 'utf16le'))
  );
}

/** `runnable-abi.md` §4: start section, `_start` (else `_initialize`), `init`. */
function startupOf(functions: ReadonlyMap<string, FunctionType>, startExport: string | undefined): StartupExport[] {
  const startup: StartupExport[] = [];
  if (startExport !== undefined) startup.push({ name: startExport, command: false });
  for (const name of [functions.has('_start') ? '_start' : '_initialize', 'init']) {
    const type = functions.get(name);
    if (type === undefined) continue;
    requireType(name, type, 0, 0);
    startup.push({ name, command: name === '_start' });
  }
  return startup;
}

/** `deallocate(pointer, size)`; templates leave out parameters that they do not use. */
function deallocateParameters(type: FunctionType | undefined): 0 | 1 | 2 | undefined {
  if (type === undefined) return undefined;
  const count = type.params.length > 1 ? 2 : type.params.length === 1 ? 1 : 0;
  requireType('deallocate', type, count, 0);
  return count;
}

function envImport(name: string, type: FunctionType): EnvImport {
  const swift = SWIFT.exec(name);
  const key = swift === null ? `${name}/${type.params.length}` : `${swift[1]}/${type.params.length - 2}`;
  if (!isEnvFunction(key)) {
    const base = swift?.[1] ?? name;
    if (Object.keys(ENV_SIGNATURES).some((known) => known.startsWith(`${base}/`))) {
      throw new AbiError('ABI_BAD_SIGNATURE', `import ${quoted(`env.${name}`)} has the type ${describe(type)}`);
    }
    throw unknownImport({ module: ENV_MODULE, name });
  }
  const results = ENV_SIGNATURES[key].results;
  if ([...type.params, ...type.results].some((value) => value !== 'i32') || type.results.length !== results) {
    throw new AbiError('ABI_BAD_SIGNATURE', `import ${quoted(`env.${name}`)} has the type ${describe(type)}`);
  }
  return { name, target: key };
}

function wasiImport(entry: { module: string; name: string; type: FunctionType }): WasiFunction {
  const { module, name, type } = entry;
  const isThere = isWasiFunction(name) && (module === WASI_MODULE || name !== 'sock_accept');
  if (!isThere) throw unknownImport(entry);
  const letters = (types: readonly string[]): string =>
    types.map((value) => (value === 'i32' ? 'i' : value === 'i64' ? 'I' : '?')).join('');
  if (`${letters(type.params)}:${letters(type.results)}` !== WASI_SIGNATURES[name]) {
    throw new AbiError('ABI_BAD_SIGNATURE', `import ${quoted(`${module}.${name}`)} has the type ${describe(type)}`);
  }
  return name;
}

function isEnvFunction(key: string): key is EnvFunction {
  return Object.hasOwn(ENV_SIGNATURES, key);
}

function isWasiFunction(name: string): name is WasiFunction {
  return Object.hasOwn(WASI_SIGNATURES, name);
}

function requireType(name: string, type: FunctionType | undefined, params: number, results: number): void {
  if (type === undefined) throw missingExport(name);
  const wrong = type.params.length !== params || type.results.length !== results;
  if (wrong || [...type.params, ...type.results].some((value) => value !== 'i32')) {
    throw new AbiError('ABI_BAD_SIGNATURE', `export ${quoted(name)} has the type ${describe(type)}`);
  }
}

function missingExport(name: string): AbiError {
  return new AbiError('ABI_MISSING_EXPORT', `the module does not export ${quoted(name)}`, {
    remedy: 'a function must export memory, allocate, deallocate and run_e',
  });
}

function unknownImport(entry: { module: string; name: string }): AbiError {
  return new AbiError('ABI_UNKNOWN_IMPORT', `the module imports ${quoted(`${entry.module}.${entry.name}`)}`, {
    remedy: 'a function may import the platform functions of module env and WASI preview 1',
  });
}

function describe(type: FunctionType): string {
  return `(${type.params.join(', ')}) -> (${type.results.join(', ')})`;
}
